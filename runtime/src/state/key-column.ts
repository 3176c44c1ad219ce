import { type ByteReader, type ByteWriter, decodeValue, encodeValue } from '../batch/codec.ts';
import type { ReadShapes, WrittenShapes } from '../batch/value-codec.ts';

/** How keys are written: value by value, or as doubles where all of them are numbers. */
const Form = { values: 0, numbers: 1 } as const;

const isNumber = (value: unknown): boolean => typeof value === 'number';

/** Writes keys with their number before them. */
export const writeKeys = (
  keys: Float64Array | readonly unknown[],
  writer: ByteWriter,
  shapes: WrittenShapes,
): void => {
  writer.writeVarint(keys.length);
  if (keys instanceof Float64Array || (keys.length > 0 && keys.every(isNumber))) {
    writer.writeByte(Form.numbers);
    const numbers = keys instanceof Float64Array ? keys : new Float64Array(keys as readonly number[]);
    writer.writeArray(numbers, keys.length, 8);
  } else {
    writer.writeByte(Form.values);
    for (const key of keys) encodeValue(key, writer, shapes);
  }
};

/** Reads what `writeKeys` wrote. */
export const readKeys = (reader: ByteReader, shapes: ReadShapes): Float64Array | readonly unknown[] => {
  const count = reader.readCount(1);
  if (reader.readByte() === Form.numbers) return readDoubles(reader, count);
  return readValues(reader, shapes, count);
};

export const readValues = (reader: ByteReader, shapes: ReadShapes, count: number): unknown[] =>
  Array.from({ length: count }, () => decodeValue(reader, shapes));

/** Doubles as they lie in memory. */
export const readDoubles = (reader: ByteReader, count: number): Float64Array => {
  reader.require(count * 8);
  const values = new Float64Array(count);
  reader.readArray(values, count, 8);
  return values;
};

/** Gathers numbers and writes them as they lie in memory; NaN always has the same bits. */
export const writeDoubles = (
  values: Float64Array | Uint8Array,
  cells: Int32Array,
  count: number,
  writer: ByteWriter,
  scratch: Float64Array,
): void => {
  for (let i = 0; i < count; i++) {
    const value = values[cells[i]!]!;
    scratch[i] = Number.isNaN(value) ? Number.NaN : value;
  }
  writer.writeArray(scratch, count, 8);
};
