import { MillraceError } from '../contract/errors.ts';
import { grownBytes, grownLength } from './capacity.ts';
import { type EncodedKey, keyFromBytes } from './encoded-key.ts';
import { equalsText, readText, writeText } from './key-text.ts';
import { MemoryAccount } from './memory-account.ts';

/** What the bytes of an entry are: the lowest bit of its header. */
const text = 0;
const encoded = 1;

/** Places are 32-bit integers. */
const mostBytes = 0x7fff_ffff;

const headerLength = (header: number): number => {
  if (header < 0x80) return 1;
  if (header < 0x4000) return 2;
  if (header < 0x20_0000) return 3;
  return header < 0x1000_0000 ? 4 : 5;
};

/**
 * Keys as bytes, one after the other: a header (twice the length, plus the kind) in seven bits a byte, then the text of a
 * string or the encoding of any other value. An entry is known by the place where it starts.
 */
export class KeyArena {
  private bytes: Uint8Array;
  private end = 0;
  private deadBytes = 0;
  private readonly account: MemoryAccount;

  constructor(capacity: number = 0, account: MemoryAccount = new MemoryAccount()) {
    this.account = account;
    account.grow(capacity);
    this.bytes = new Uint8Array(capacity);
  }

  get liveBytes(): number {
    return this.end - this.deadBytes;
  }

  /** How many bytes an entry with this many bytes of key takes. */
  static entryLength(length: number): number {
    return length + headerLength(length * 2);
  }

  /**
   * Makes room for so many bytes more. False when a large part of the arena is dead: the caller then moves the live entries
   * to a new one.
   * @throws MillraceError resource when places run out
   */
  reserve(length: number): boolean {
    if (this.end + length <= this.bytes.length) return true;
    if (this.deadBytes * 3 > this.end) return false;
    const needed = this.end + length;
    if (needed > mostBytes) {
      throw new MillraceError('resource', 'The keys of one key group take more than 2 GiB.', {
        hint: 'Raise maxParallelism, so that there are more key groups, or use shorter keys.',
      });
    }
    const capacity = Math.min(mostBytes, grownLength(this.bytes.length, needed));
    this.bytes = grownBytes(this.bytes, capacity, this.account);
    return true;
  }

  /** Appends a string; room must be reserved. Returns its place. */
  addText(key: string, length: number): number {
    const start = this.end;
    this.end = writeText(key, this.bytes, this.writeHeader(length * 2 + text));
    return start;
  }

  /** Appends the encoding of another value; room must be reserved. Returns its place. */
  addEncoded(key: EncodedKey): number {
    const start = this.end;
    const from = this.writeHeader(key.length * 2 + encoded);
    key.copyTo(this.bytes, from);
    this.end = from + key.length;
    return start;
  }

  /** Appends an entry of another arena; room must be reserved. Returns its place. */
  addFrom(other: KeyArena, place: number): number {
    const start = this.end;
    this.bytes.set(other.bytes.subarray(place, place + other.lengthAt(place)), start);
    this.end = start + other.lengthAt(place);
    return start;
  }

  isText(place: number, key: string): boolean {
    const header = this.headerAt(place);
    if ((header & 1) !== text) return false;
    const from = place + headerLength(header);
    return equalsText(this.bytes, from, from + (header >>> 1), key);
  }

  isEncoded(place: number, key: EncodedKey): boolean {
    const header = this.headerAt(place);
    if ((header & 1) !== encoded) return false;
    const from = place + headerLength(header);
    return key.equals(this.bytes, from, from + (header >>> 1));
  }

  keyAt(place: number): unknown {
    const header = this.headerAt(place);
    const from = place + headerLength(header);
    const to = from + (header >>> 1);
    return (header & 1) === text ? readText(this.bytes, from, to) : keyFromBytes(this.bytes, from, to);
  }

  /** An entry is not used any more. */
  drop(place: number): void {
    this.deadBytes += this.lengthAt(place);
  }

  clear(): void {
    this.end = 0;
    this.deadBytes = 0;
  }

  /** Gives the memory back; the arena must not be used any more. */
  free(): void {
    this.account.shrink(this.bytes.byteLength);
    this.bytes = new Uint8Array(0);
  }

  memoryBytes(): number {
    return this.bytes.byteLength;
  }

  private lengthAt(place: number): number {
    const header = this.headerAt(place);
    return headerLength(header) + (header >>> 1);
  }

  private writeHeader(header: number): number {
    const { bytes } = this;
    let at = this.end;
    let rest = header;
    for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
    bytes[at++] = rest;
    return at;
  }

  private headerAt(place: number): number {
    const { bytes } = this;
    const first = bytes[place]!;
    if (first < 0x80) return first;
    let header = first & 0x7f;
    for (let at = place + 1, shift = 7; ; at++, shift += 7) {
      const byte = bytes[at]!;
      header |= (byte & 0x7f) << shift;
      if (byte < 0x80) return header >>> 0;
    }
  }
}
