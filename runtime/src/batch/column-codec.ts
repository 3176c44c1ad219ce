/** Single columns to bytes and back: typed values as they lie in memory, texts as one run of bytes, then the exceptions. */
import { Buffer } from 'node:buffer';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { type Column, Mark, type TextColumn } from './column.ts';
import { decodeValue, encodeValue, type ReadShapes, type WrittenShapes } from './value-codec.ts';

/** How the values of a column are written. Part of the format: numbers never change, new ones are added. */
const Layout = {
  doubles: 0,
  /** Numbers that are all whole and fit 32 bits. */
  integers: 1,
  booleans: 2,
  longs: 3,
  /** Lengths of one byte each, then the bytes of all texts. */
  shortTexts: 4,
  /** The same with lengths of four bytes. */
  longTexts: 5,
  /** Values one by one. */
  values: 6,
} as const;

/** The numbers as 32-bit integers; undefined if one is none (−0 is none). */
const integersOf = (values: Float64Array, length: number): Int32Array | undefined => {
  const integers = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    const integer = value | 0;
    if (integer !== value || (integer === 0 && 1 / value < 0)) return undefined;
    integers[i] = integer;
  }
  return integers;
};

const writeNumbers = (values: Float64Array, length: number, writer: ByteWriter): void => {
  const integers = integersOf(values, length);
  if (integers !== undefined) {
    writer.writeByte(Layout.integers);
    writer.writeArray(integers, length, 4);
  } else {
    writer.writeByte(Layout.doubles);
    writer.writeArray(values, length, 8);
  }
};

const writeLengths = (lengths: Int32Array, length: number, writer: ByteWriter): void => {
  let longest = 0;
  for (let i = 0; i < length; i++) if ((lengths[i] as number) > longest) longest = lengths[i] as number;
  if (longest < 256) {
    writer.writeByte(Layout.shortTexts);
    writer.writeBytes(Uint8Array.from(lengths.subarray(0, length)));
  } else {
    writer.writeByte(Layout.longTexts);
    writer.writeArray(lengths, length, 4);
  }
};

const writeStrings = (values: readonly string[], length: number, writer: ByteWriter): void => {
  const lengths = new Int32Array(length);
  const joined = (values.length === length ? values : values.slice(0, length)).join('');
  if (Buffer.byteLength(joined, 'utf8') === joined.length) {
    for (let i = 0; i < length; i++) lengths[i] = (values[i] as string).length;
    writeLengths(lengths, length, writer);
    writer.writeVarint(joined.length);
    writer.writeAscii(joined);
    return;
  }
  // One by one, because two halves of a surrogate pair at a seam would become one character.
  let size = 0;
  for (let i = 0; i < length; i++) size += lengths[i] = Buffer.byteLength(values[i] as string, 'utf8');
  writeLengths(lengths, length, writer);
  writer.writeVarint(size);
  for (let i = 0; i < length; i++) writer.writeText(values[i] as string);
};

/** Whether the texts lie behind each other without gaps. */
const isRun = ({ offsets, lengths }: TextColumn, length: number): boolean => {
  for (let i = 1; i < length; i++) {
    if (offsets[i] !== (offsets[i - 1] as number) + (lengths[i - 1] as number)) return false;
  }
  return true;
};

const writeTexts = (column: TextColumn, length: number, writer: ByteWriter): void => {
  const { bytes, offsets, lengths } = column;
  writeLengths(lengths, length, writer);
  let size = 0;
  for (let i = 0; i < length; i++) size += lengths[i] as number;
  writer.writeVarint(size);
  const first = offsets[0] ?? 0;
  if (isRun(column, length)) {
    writer.writeBytes(bytes.subarray(first, first + size));
  } else {
    writer.writeParts(bytes, offsets, lengths, length, size);
  }
};

const writeTyped = (column: Column, length: number, writer: ByteWriter, shapes: WrittenShapes): void => {
  switch (column.type) {
    case 'number':
      writeNumbers(column.values, length, writer);
      return;
    case 'boolean':
      writer.writeByte(Layout.booleans);
      writer.writeArray(column.values, length, 1);
      return;
    case 'bigint':
      writer.writeByte(Layout.longs);
      writer.writeArray(column.values, length, 8);
      return;
    case 'string':
      writeStrings(column.values, length, writer);
      return;
    case 'text':
      writeTexts(column, length, writer);
      return;
    case 'any':
      writer.writeByte(Layout.values);
      for (let i = 0; i < length; i++) encodeValue(column.values[i], writer, shapes);
  }
};

/** Writes the first `length` values of a column. */
export const encodeColumn = (
  column: Column,
  length: number,
  writer: ByteWriter,
  shapes: WrittenShapes,
): void => {
  writeTyped(column, length, writer, shapes);
  const { marks, odd } = column;
  writer.writeByte(marks === undefined ? 0 : 1);
  if (marks === undefined) return;
  writer.writeArray(marks, length, 1);
  // In the order of their positions, which the marks tell.
  for (let i = 0; i < length; i++) if (marks[i] === Mark.odd) encodeValue(odd?.get(i), writer, shapes);
};

const readIntegers = (length: number, reader: ByteReader): Float64Array => {
  reader.require(length * 4);
  const integers = new Int32Array(length);
  reader.readArray(integers, length, 4);
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = integers[i] as number;
  return values;
};

const readDoubles = (length: number, reader: ByteReader): Float64Array => {
  reader.require(length * 8);
  const values = new Float64Array(length);
  reader.readArray(values, length, 8);
  return values;
};

const readLongs = (length: number, reader: ByteReader): BigInt64Array => {
  reader.require(length * 8);
  const values = new BigInt64Array(length);
  reader.readArray(values, length, 8);
  return values;
};

const readLengths = (length: number, reader: ByteReader, bytesEach: 1 | 4): Int32Array => {
  reader.require(length * bytesEach);
  if (bytesEach === 1) return Int32Array.from(reader.readBytes(length));
  const lengths = new Int32Array(length);
  reader.readArray(lengths, length, 4);
  return lengths;
};

const readTexts = (length: number, reader: ByteReader, bytesEach: 1 | 4): TextColumn => {
  const lengths = readLengths(length, reader, bytesEach);
  const bytes = reader.readBytes(reader.readCount(1));
  const offsets = new Int32Array(length);
  let at = 0;
  for (let i = 0; i < length; i++) {
    const size = lengths[i] as number;
    if (size < 0) throw reader.corrupt('a text has a negative length');
    offsets[i] = at;
    at += size;
  }
  if (at !== bytes.length) throw reader.corrupt('the lengths of texts do not add up');
  return { type: 'text', bytes, offsets, lengths };
};

const readValues = (length: number, reader: ByteReader, shapes: ReadShapes): unknown[] => {
  reader.require(length);
  const values: unknown[] = [];
  for (let i = 0; i < length; i++) values.push(decodeValue(reader, shapes));
  return values;
};

const readTyped = (length: number, reader: ByteReader, shapes: ReadShapes): Column => {
  const layout = reader.readByte();
  switch (layout) {
    case Layout.doubles:
      return { type: 'number', values: readDoubles(length, reader) };
    case Layout.integers:
      return { type: 'number', values: readIntegers(length, reader) };
    case Layout.booleans:
      return { type: 'boolean', values: reader.readBytes(length) };
    case Layout.longs:
      return { type: 'bigint', values: readLongs(length, reader) };
    case Layout.shortTexts:
      return readTexts(length, reader, 1);
    case Layout.longTexts:
      return readTexts(length, reader, 4);
    case Layout.values:
      return { type: 'any', values: readValues(length, reader, shapes) };
    default:
      throw reader.corrupt(`a column has the unknown layout ${layout}`);
  }
};

/**
 * Reads a column of `length` values. Texts come as a text column.
 * @throws MillraceError `record-invalid` for damaged bytes.
 */
export const decodeColumn = (length: number, reader: ByteReader, shapes: ReadShapes): Column => {
  const column = readTyped(length, reader, shapes);
  if (reader.readByte() === 0) return column;
  const marks = reader.readBytes(length);
  const odd = new Map<number, unknown>();
  for (let i = 0; i < length; i++) {
    const mark = marks[i] as number;
    if (mark > Mark.odd) throw reader.corrupt(`a value has the unknown mark ${mark}`);
    if (mark === Mark.odd) odd.set(i, decodeValue(reader, shapes));
  }
  return odd.size === 0 ? { ...column, marks } : { ...column, marks, odd };
};
