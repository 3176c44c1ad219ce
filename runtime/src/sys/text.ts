import { isAscii as nodeIsAscii, isUtf8 as nodeIsUtf8 } from 'node:buffer';

/** Whether all of these bytes are below 0x80. */
export const isAscii = (bytes: Uint8Array): boolean => nodeIsAscii(bytes);

/** Whether these bytes are valid UTF-8. */
export const isUtf8 = (bytes: Uint8Array): boolean => nodeIsUtf8(bytes);

const bufferOver = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Turns parts of one byte array into strings; cheaper than a view a part. */
export class TextReader {
  private readonly buffer: Buffer;

  constructor(bytes: Uint8Array) {
    this.buffer = bufferOver(bytes);
  }

  /** The text of bytes that are known to be ASCII. */
  ascii(from: number, to: number): string {
    return this.buffer.toString('latin1', from, to);
  }

  /** The text of bytes that are known to be valid UTF-8. */
  utf8(from: number, to: number): string {
    return this.buffer.toString('utf8', from, to);
  }

  /** The position of the first line feed from `from` on, or −1. */
  lineFeed(from: number): number {
    return this.buffer.indexOf(10, from);
  }
}
