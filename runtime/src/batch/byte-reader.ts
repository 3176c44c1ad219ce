import type { Buffer } from 'node:buffer';
import { MillraceError } from '../contract/errors.ts';
import { readText, viewOf } from './text.ts';

const scratchDouble = new Float64Array(1);
const scratchLong = new BigInt64Array(scratchDouble.buffer);
const scratchBytes = new Uint8Array(scratchDouble.buffer);

/** Bytes that are no valid encoding: damaged on their way, or written by another version. */
export const corrupt = (what: string, offset: number): MillraceError =>
  new MillraceError('record-invalid', `Encoded records are damaged: ${what} at byte ${offset}.`, {
    hint: 'Read them from another copy; if there is none, restore from an earlier checkpoint.',
    where: { offset },
  });

/**
 * Reads what a `ByteWriter` wrote. Every read is checked against the end, so that damaged bytes lead to an error and never to
 * a read elsewhere, an endless loop or an allocation much larger than the bytes.
 */
export class ByteReader {
  private readonly buffer: Buffer;
  private at: number;
  private readonly end: number;

  constructor(bytes: Uint8Array, offset: number = 0, end: number = bytes.length) {
    this.buffer = viewOf(bytes);
    this.at = offset;
    this.end = Math.min(end, bytes.length);
  }

  /** Position of the next byte. */
  get offset(): number {
    return this.at;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** The error for bytes that make no sense here. */
  corrupt(what: string): MillraceError {
    return corrupt(what, this.at);
  }

  /** @throws MillraceError `record-invalid` unless there are `count` bytes more. */
  require(count: number): void {
    if (count > this.end - this.at)
      throw this.corrupt(`${count} bytes are expected, ${this.remaining} are there`);
  }

  readByte(): number {
    if (this.at >= this.end) throw this.corrupt('the bytes end too early');
    return this.buffer[this.at++] as number;
  }

  readVarint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.readByte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw this.corrupt('a number is too large');
  }

  /** A number of things that take at least `bytesEach` bytes each, all of which must still be there. */
  readCount(bytesEach: number): number {
    const count = this.readVarint();
    if (count * bytesEach > this.remaining)
      throw this.corrupt(`${count} elements cannot be in ${this.remaining} bytes`);
    return count;
  }

  readInt32(): number {
    this.require(4);
    const { buffer, at } = this;
    this.at = at + 4;
    return (
      (buffer[at] as number) |
      ((buffer[at + 1] as number) << 8) |
      ((buffer[at + 2] as number) << 16) |
      ((buffer[at + 3] as number) << 24)
    );
  }

  readDouble(): number {
    this.fillScratch();
    return scratchDouble[0] as number;
  }

  readLong(): bigint {
    this.fillScratch();
    return scratchLong[0] as bigint;
  }

  /** A copy of the next bytes. */
  readBytes(count: number): Uint8Array {
    return new Uint8Array(this.next(count));
  }

  /** Fills the first `count` elements of a typed array with the next bytes. */
  readArray(target: ArrayBufferView, count: number, bytesPerElement: number): void {
    const source = this.next(count * bytesPerElement);
    new Uint8Array(target.buffer, target.byteOffset, source.length).set(source);
  }

  readText(count: number): string {
    this.require(count);
    const start = this.at;
    this.at = start + count;
    return readText(this.buffer, start, this.at);
  }

  private fillScratch(): void {
    this.require(8);
    const { buffer, at } = this;
    for (let i = 0; i < 8; i++) scratchBytes[i] = buffer[at + i] as number;
    this.at = at + 8;
  }

  private next(count: number): Uint8Array {
    this.require(count);
    const bytes = this.buffer.subarray(this.at, this.at + count);
    this.at += count;
    return bytes;
  }
}
