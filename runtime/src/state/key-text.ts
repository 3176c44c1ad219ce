import { Buffer } from 'node:buffer';
import { readText as readAnyText, viewOf } from '../batch/text.ts';

/**
 * Strings as bytes, without making any on the way in: UTF-8, with a lone surrogate as three bytes of its own so that every
 * string of the language comes back as it was.
 */

const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
const isLow = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;

/** The code point that starts at this code unit; a lone surrogate stands for itself. */
const pointAt = (text: string, i: number): number => {
  const unit = text.charCodeAt(i);
  if (!isHigh(unit) || i + 1 >= text.length) return unit;
  const next = text.charCodeAt(i + 1);
  return isLow(next) ? 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00) : unit;
};

const pointLength = (point: number): number => {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
};

/** How many bytes a string takes. */
export const textLength = (text: string): number => {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      length += 1;
      continue;
    }
    const point = pointAt(text, i);
    length += pointLength(point);
    if (point >= 0x10000) i++;
  }
  return length;
};

const writePoint = (point: number, bytes: Uint8Array, at: number): number => {
  if (point < 0x800) {
    bytes[at] = 0xc0 | (point >> 6);
    bytes[at + 1] = 0x80 | (point & 0x3f);
    return at + 2;
  }
  if (point < 0x10000) {
    bytes[at] = 0xe0 | (point >> 12);
    bytes[at + 1] = 0x80 | ((point >> 6) & 0x3f);
    bytes[at + 2] = 0x80 | (point & 0x3f);
    return at + 3;
  }
  bytes[at] = 0xf0 | (point >> 18);
  bytes[at + 1] = 0x80 | ((point >> 12) & 0x3f);
  bytes[at + 2] = 0x80 | ((point >> 6) & 0x3f);
  bytes[at + 3] = 0x80 | (point & 0x3f);
  return at + 4;
};

/** Writes a string; there must be room. Returns where it ends. */
export const writeText = (text: string, bytes: Uint8Array, start: number): number => {
  let at = start;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
      continue;
    }
    const point = pointAt(text, i);
    at = writePoint(point, bytes, at);
    if (point >= 0x10000) i++;
  }
  return at;
};

const bytesOfPointEqual = (bytes: Uint8Array, at: number, point: number): boolean => {
  const last = bytes[at + pointLength(point) - 1] === (0x80 | (point & 0x3f));
  if (point < 0x800) return last && bytes[at] === (0xc0 | (point >> 6));
  const middle = bytes[at + pointLength(point) - 2] === (0x80 | ((point >> 6) & 0x3f));
  if (point < 0x10000) return last && middle && bytes[at] === (0xe0 | (point >> 12));
  const second = bytes[at + 1] === (0x80 | ((point >> 12) & 0x3f));
  return last && middle && second && bytes[at] === (0xf0 | (point >> 18));
};

/** Whether the bytes in [start, end) are those of the string. */
export const equalsText = (bytes: Uint8Array, start: number, end: number, text: string): boolean => {
  const { length } = text;
  if (end - start < length) return false;
  let at = start;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      if (bytes[at++] !== unit) return false;
      continue;
    }
    const point = pointAt(text, i);
    if (at + pointLength(point) > end || !bytesOfPointEqual(bytes, at, point)) return false;
    at += pointLength(point);
    if (point >= 0x10000) i++;
  }
  return at === end;
};

/** The string whose bytes these are; they must have been written by `writeText`. */
export const readText = (bytes: Uint8Array, start: number, end: number): string => {
  for (let at = start; at < end; at++) if (bytes[at]! >= 0x80) return readAnyText(viewOf(bytes), start, end);
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
};
