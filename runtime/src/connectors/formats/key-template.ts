import { TextReader } from '../../sys/text.ts';
import { Byte } from './byte-classes.ts';
import type { JsonBytes } from './json-bytes.ts';
import { KeySegment } from './key-segment.ts';

const unknownField = -1;
const longestLookAhead = 3;
const missesBeforeLearning = 32;
const mostSegments = 256;
const longestSegmentBytes = 1024;

/**
 * The order of keys in the records of a stream, learnt from one of them. Most streams repeat it, so the bytes between two
 * values (a *segment*) are compared with those expected next. Keys that are left out or new are looked up by name, and
 * when that becomes the rule the order is learnt again.
 */
export class KeyTemplate {
  /** Of the key found last: the number of the declared field, or −1. */
  field: number = unknownField;
  /** The segment expected after it. */
  next: KeySegment | undefined;
  /** Whether a record that is as expected has all declared fields. */
  hasAllFields: boolean = false;
  private readonly names: readonly string[];
  private readonly encodedNames: readonly Uint8Array[];
  private readonly json: JsonBytes;
  private first: KeySegment | undefined;
  /** The one learnt last. */
  private last: KeySegment | undefined;
  private segments = 0;
  private readonly learntFields = new Set<number>();
  private learning = true;
  private misses = 0;

  constructor(names: readonly string[], json: JsonBytes) {
    const encoder = new TextEncoder();
    this.names = names;
    this.encodedNames = names.map((name) => encoder.encode(name));
    this.json = json;
  }

  /** A record begins: the segment expected first. */
  begin(): KeySegment | undefined {
    if (this.misses >= missesBeforeLearning) this.learning = true;
    if (this.learning) this.forget();
    return this.first;
  }

  /** A record has been read to its end. */
  end(): void {
    this.learning = false;
  }

  /**
   * Reads the segment at `start`: the position of the value, or −1 when no valid key is there. Sets `field` and `next`.
   */
  find(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    opening: number,
    expected: KeySegment | undefined,
  ): number {
    // What follows the first segment begins with a comma, which no record does.
    const lookAhead = opening === Byte.comma ? longestLookAhead : 0;
    let candidate = expected;
    for (let ahead = 0; ahead <= lookAhead && candidate !== undefined; ahead++) {
      if (candidate.isAt(view, start)) {
        if (ahead > 0) this.misses++;
        this.field = candidate.field;
        this.next = candidate.next;
        return start + candidate.length;
      }
      candidate = candidate.next;
    }
    // The first segment begins with a brace and must not be found further inside.
    this.next = expected !== undefined && expected === this.first ? expected.next : expected;
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

  private forget(): void {
    this.misses = 0;
    this.segments = 0;
    this.first = undefined;
    this.last = undefined;
    this.learntFields.clear();
    this.hasAllFields = false;
  }

  private learn(view: DataView, start: number, end: number): void {
    if (this.segments === mostSegments || end - start > longestSegmentBytes) return;
    const segment = new KeySegment(view, start, end - start, this.field);
    if (this.last === undefined) this.first = segment;
    else this.last.next = segment;
    this.last = segment;
    this.segments++;
    if (this.field >= 0) this.learntFields.add(this.field);
    this.hasAllFields = this.learntFields.size === this.names.length;
  }
}
