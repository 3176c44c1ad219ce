import { Buffer } from 'node:buffer';
import { writeText } from './text.ts';

/** Texts up to this length are written character by character, which is faster than a call into the runtime. */
const shortText = 24;

const scratchDouble = new Float64Array(1);
const scratchLong = new BigInt64Array(scratchDouble.buffer);
const scratchBytes = new Uint8Array(scratchDouble.buffer);

/** Writes little-endian bytes into memory that grows. Grown memory is kept over `reset`, so one writer serves many frames. */
export class ByteWriter {
  private buffer: Buffer;
  private at = 0;

  constructor(capacity: number = 4096) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(16, capacity));
  }

  /** Bytes written since the last `reset`. */
  get length(): number {
    return this.at;
  }

  /** What was written, as a view that the next write may change. */
  view(): Uint8Array {
    return new Uint8Array(this.buffer.buffer, this.buffer.byteOffset, this.at);
  }

  /** What was written, as a copy with a buffer of its own. */
  toBytes(): Uint8Array {
    return this.view().slice();
  }

  reset(): void {
    this.at = 0;
  }

  /** Forgets what was written behind the first `length` bytes. */
  rewind(length: number): void {
    this.at = Math.min(this.at, length);
  }

  /** Hands over what was written, memory and all; the next writes go to new memory with room for `capacity` bytes. */
  take(capacity: number): Uint8Array {
    const written = this.view();
    this.buffer = Buffer.allocUnsafeSlow(Math.max(16, capacity));
    this.at = 0;
    return written;
  }

  writeByte(byte: number): void {
    if (this.at === this.buffer.length) this.grow(1);
    this.buffer[this.at++] = byte;
  }

  /** A whole number from 0 to 2^53 − 1, seven bits a byte. */
  writeVarint(value: number): void {
    if (this.at + 8 > this.buffer.length) this.grow(8);
    const { buffer } = this;
    let rest = value;
    while (rest > 0x7fffffff) {
      buffer[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[this.at++] = rest;
  }

  writeInt32(value: number): void {
    if (this.at + 4 > this.buffer.length) this.grow(4);
    const { buffer, at } = this;
    buffer[at] = value;
    buffer[at + 1] = value >>> 8;
    buffer[at + 2] = value >>> 16;
    buffer[at + 3] = value >>> 24;
    this.at = at + 4;
  }

  /** Writes over four bytes that are there already. */
  patchInt32(at: number, value: number): void {
    this.buffer.writeInt32LE(value | 0, at);
  }

  /** NaN always has the same bits. */
  writeDouble(value: number): void {
    scratchDouble[0] = Number.isNaN(value) ? Number.NaN : value;
    this.writeScratch();
  }

  writeBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** The first `count` elements of a typed array as they lie in memory. */
  writeArray(values: ArrayBufferView, count: number, bytesPerElement: number): void {
    this.writeBytes(new Uint8Array(values.buffer, values.byteOffset, count * bytesPerElement));
  }

  /** Parts of `bytes` behind each other: `count` of them, `size` bytes in all. */
  writeParts(bytes: Uint8Array, offsets: Int32Array, lengths: Int32Array, count: number, size: number): void {
    this.reserve(size);
    const { buffer } = this;
    let { at } = this;
    for (let i = 0; i < count; i++) {
      const end = (offsets[i] as number) + (lengths[i] as number);
      for (let from = offsets[i] as number; from < end; from++) buffer[at++] = bytes[from] as number;
    }
    this.at = at;
  }

  /** A bigint of at most 64 bits. */
  writeLong(value: bigint): void {
    scratchLong[0] = value;
    this.writeScratch();
  }

  /** A text with its length in bytes before it; UTF-8, lone surrogates as three bytes. */
  writeSizedText(text: string): void {
    const { at } = this;
    if (text.length <= shortText) {
      this.writeVarint(text.length);
      if (this.writeShortAscii(text)) return;
      this.at = at;
    }
    // Node counts three bytes for a lone surrogate as well.
    this.writeVarint(Buffer.byteLength(text, 'utf8'));
    this.writeText(text);
  }

  /** A text without its length. Gives the number of bytes. */
  writeText(text: string): number {
    this.reserve(text.length * 3);
    const written = writeText(text, this.buffer, this.at);
    this.at += written;
    return written;
  }

  /** A text that is known to be ASCII, without its length. */
  writeAscii(text: string): void {
    this.reserve(text.length);
    this.at += this.buffer.write(text, this.at, text.length, 'latin1');
  }

  private writeShortAscii(text: string): boolean {
    const { length } = text;
    this.reserve(length);
    const { buffer, at } = this;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[at + i] = code;
    }
    this.at = at + length;
    return true;
  }

  private writeScratch(): void {
    if (this.at + 8 > this.buffer.length) this.grow(8);
    const { buffer, at } = this;
    for (let i = 0; i < 8; i++) buffer[at + i] = scratchBytes[i] as number;
    this.at = at + 8;
  }

  private reserve(count: number): void {
    if (this.at + count > this.buffer.length) this.grow(count);
  }

  private grow(count: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.at + count, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.at));
    this.buffer = larger;
  }
}
