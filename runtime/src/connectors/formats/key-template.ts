import { TextReader } from '../../sys/text.ts';
import { Byte } from './byte-classes.ts';
import type { JsonBytes } from './json-bytes.ts';

const unknownField = -1;
const longestLookAhead = 3;
const missesBeforeLearning = 32;
const mostSlots = 256;
const mostSegmentWords = 256;

/**
 * The order of keys in the records of a stream, learnt from one of them. Most streams repeat it, so the bytes between two
 * values (`,"price":`, a *segment*) are compared four at a time with those expected next. Keys that are left out or new are
 * looked up by name, and when that becomes the rule the order is learnt again.
 */
export class KeyTemplate {
  /** Of the key found last: the number of the declared field, or −1. */
  field: number = unknownField;
  private readonly names: readonly string[];
  private readonly encodedNames: readonly Uint8Array[];
  private readonly json: JsonBytes;
  /** The segments as little-endian words; the last word of each overlaps the one before, so that no byte is left over. */
  private readonly words = new Int32Array(mostSlots * 8);
  private readonly wordEnds = new Int32Array(mostSlots);
  private readonly lengths = new Int32Array(mostSlots);
  private readonly fields = new Int32Array(mostSlots);
  private slots = 0;
  private slot = 0;
  private learning = true;
  private misses = 0;

  constructor(names: readonly string[], json: JsonBytes) {
    const encoder = new TextEncoder();
    this.names = names;
    this.encodedNames = names.map((name) => encoder.encode(name));
    this.json = json;
  }

  /** A record begins. */
  begin(): void {
    this.slot = 0;
    if (this.misses >= missesBeforeLearning) this.learning = true;
    if (!this.learning) return;
    this.misses = 0;
    this.slots = 0;
  }

  /** A record has been read to its end. */
  end(): void {
    this.learning = false;
  }

  /** If the expected segment is at `start`: sets `field` and answers the position of the value; else −1. */
  match(view: DataView, start: number): number {
    const slot = this.slot;
    if (slot >= this.slots) return -1;
    const words = this.words;
    const last = this.wordEnds[slot]! - 1;
    let k = slot === 0 ? 0 : this.wordEnds[slot - 1]!;
    let position = start;
    while (k < last && words[k] === view.getInt32(position, true)) {
      k++;
      position += 4;
    }
    const end = start + this.lengths[slot]!;
    if (k < last || words[k] !== view.getInt32(end - 4, true)) return -1;
    this.slot = slot + 1;
    this.field = this.fields[slot]!;
    return end;
  }

  /** Reads the segment at `start`, whatever it is: as `match`, but −1 means that no valid key is there. */
  find(bytes: Uint8Array, view: DataView, start: number, opening: number): number {
    const expected = this.slot;
    for (let ahead = 1; ahead <= longestLookAhead && expected + ahead < this.slots; ahead++) {
      this.slot = expected + ahead;
      const value = this.match(view, start);
      if (value < 0) continue;
      this.misses++;
      return value;
    }
    this.slot = expected;
    return this.lookUp(bytes, view, start, opening);
  }

  private lookUp(bytes: Uint8Array, view: DataView, start: number, opening: number): number {
    const { json } = this;
    let position = json.skipSpace(bytes, start);
    if (bytes[position] !== opening) return -1;
    const quote = json.skipSpace(bytes, position + 1);
    if (bytes[quote] !== Byte.quote) return -1;
    const keyEnd = json.skipString(bytes, quote);
    if (keyEnd < 0) return -1;
    position = json.skipSpace(bytes, keyEnd);
    if (bytes[position] !== Byte.colon) return -1;
    position = json.skipSpace(bytes, position + 1);
    this.field = this.fieldNamed(bytes, quote + 1, keyEnd - 1);
    if (this.learning) this.learn(view, start, position);
    else this.misses++;
    // The first segment begins with a brace and must not be found further inside.
    if (this.slot === 0) this.slot = 1;
    return position;
  }

  private fieldNamed(bytes: Uint8Array, from: number, to: number): number {
    for (let i = from; i < to; i++) {
      if (bytes[i] === Byte.backslash) {
        const key: unknown = JSON.parse(new TextReader(bytes).utf8(from - 1, to + 1));
        return this.names.indexOf(key as string);
      }
    }
    const length = to - from;
    for (let field = 0; field < this.encodedNames.length; field++) {
      const name = this.encodedNames[field]!;
      if (name.length !== length) continue;
      let i = 0;
      while (i < length && name[i] === bytes[from + i]) i++;
      // A name that is not Unicode has no bytes of its own: only an escaped key can be it.
      if (i === length && this.names[field]!.isWellFormed()) return field;
    }
    return unknownField;
  }

  private learn(view: DataView, start: number, end: number): void {
    const slot = this.slots;
    let used = slot === 0 ? 0 : this.wordEnds[slot - 1]!;
    const needed = Math.ceil((end - start) / 4);
    if (slot === mostSlots || needed > mostSegmentWords || used + needed > this.words.length) return;
    for (let position = start; position + 4 < end; position += 4)
      this.words[used++] = view.getInt32(position, true);
    this.words[used++] = view.getInt32(end - 4, true);
    this.wordEnds[slot] = used;
    this.lengths[slot] = end - start;
    this.fields[slot] = this.field;
    this.slots = slot + 1;
    this.slot = slot + 1;
  }
}
