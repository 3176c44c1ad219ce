/**
 * Texts as bytes: UTF-8 in which a lone surrogate is three bytes (as in WTF-8), so that every JavaScript string goes there
 * and back unchanged. Bytes that are no such text decode to U+FFFD where they are broken.
 */
import { Buffer, isAscii } from 'node:buffer';
import type { TextColumn } from './column.ts';

/** A substring of this many characters or more keeps its whole parent alive in V8; shorter ones are copies. */
const slicedLength = 13;

/** Bytes of a run for each value up to which decoding the run at once pays, whatever lies between the values. */
const runBytesPerValue = 400;

const replacement = '\uFFFD';

/** A view of the bytes that has Node's conversions. */
export const viewOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);

const writeSurrogates = (text: string, target: Buffer, offset: number): number => {
  let at = offset;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) as number;
    if (code >= 0xd800 && code <= 0xdfff) {
      target[at++] = 0xe0 | (code >> 12);
      target[at++] = 0x80 | ((code >> 6) & 0x3f);
      target[at++] = 0x80 | (code & 0x3f);
    } else {
      const character = String.fromCodePoint(code);
      at += target.write(character, at, 'utf8');
      i += character.length - 1;
    }
  }
  return at - offset;
};

/** Writes a text and gives the number of bytes. There must be room for three bytes a character. */
export const writeText = (text: string, target: Buffer, offset: number): number =>
  text.isWellFormed() ? target.write(text, offset, 'utf8') : writeSurrogates(text, target, offset);

/** The bytes of a text, in an array of their own. */
export const encodeText = (text: string): Uint8Array => {
  const target = Buffer.allocUnsafeSlow(text.length * 3);
  return new Uint8Array(target.buffer, 0, writeText(text, target, 0));
};

const isSurrogate = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0xed && ((bytes[at + 1] ?? 0) & 0xe0) === 0xa0 && ((bytes[at + 2] ?? 0) & 0xc0) === 0x80;

/** Decodes the stretches between lone surrogates natively. */
const readSurrogates = (source: Buffer, start: number, end: number): string => {
  let text = '';
  let from = start;
  for (let i = start; i + 2 < end; i++) {
    if (!isSurrogate(source, i)) continue;
    text += source.toString('utf8', from, i);
    text += String.fromCharCode(
      0xd000 | (((source[i + 1] as number) & 0x3f) << 6) | ((source[i + 2] as number) & 0x3f),
    );
    from = i + 3;
    i += 2;
  }
  return text + source.toString('utf8', from, end);
};

/** ASCII of at most `slicedLength` − 1 bytes; undefined if there are others. A call into the runtime takes three times as long. */
const readShort = (source: Buffer, start: number, end: number): string | undefined => {
  let all = 0;
  for (let i = start; i < end; i++) all |= source[i] as number;
  if (all > 0x7f) return undefined;
  let text = '';
  let i = start;
  for (; i + 4 <= end; i += 4) {
    text += String.fromCharCode(
      source[i] as number,
      source[i + 1] as number,
      source[i + 2] as number,
      source[i + 3] as number,
    );
  }
  for (; i < end; i++) text += String.fromCharCode(source[i] as number);
  return text;
};

/** The text of the bytes from `start` up to `end`. */
export const readText = (source: Buffer, start: number, end: number): string => {
  const short = end - start < slicedLength ? readShort(source, start, end) : undefined;
  if (short !== undefined) return short;
  const text = source.toString('utf8', start, end);
  return text.includes(replacement) ? readSurrogates(source, start, end) : text;
};

/** The stretch of bytes in which all values lie, and whether their lengths allow substrings of it. */
const runOf = (
  { offsets, lengths }: TextColumn,
  length: number,
): { readonly start: number; readonly end: number } => {
  let start = offsets[0] ?? 0;
  let end = start;
  for (let i = 0; i < length; i++) {
    const from = offsets[i] as number;
    const to = from + (lengths[i] as number);
    if (from < start) start = from;
    if (to > end) end = to;
  }
  return { start, end };
};

const decodeAscii = (
  column: TextColumn,
  length: number,
  source: Buffer,
  start: number,
  end: number,
): string[] => {
  const { offsets, lengths } = column;
  const values = new Array<string>(length);
  const run = source.toString('latin1', start, end);
  for (let i = 0; i < length; i++) {
    const from = offsets[i] as number;
    const size = lengths[i] as number;
    values[i] =
      size < slicedLength
        ? run.substring(from - start, from - start + size)
        : source.toString('latin1', from, from + size);
  }
  return values;
};

/**
 * The first `length` values of a text column as strings. None of them keeps the bytes, or other values, in memory.
 * Positions with a mark give some text without meaning.
 */
export const decodeText = (column: TextColumn, length: number): readonly string[] => {
  const { start, end } = runOf(column, length);
  const source = viewOf(column.bytes);
  if (end - start <= runBytesPerValue * length && isAscii(source.subarray(start, end))) {
    return decodeAscii(column, length, source, start, end);
  }
  const values = new Array<string>(length);
  for (let i = 0; i < length; i++) {
    const from = column.offsets[i] as number;
    values[i] = readText(source, from, from + (column.lengths[i] as number));
  }
  return values;
};
