/** The timestamps of a batch to bytes and back; mostly a few bytes in all, or four a record. */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** How timestamps are written. Part of the format: numbers never change, new ones are added. */
const Layout = {
  /** No record has one. */
  none: 0,
  /** The first, and the distance from one to the next. */
  regular: 1,
  /** The first, and 32-bit distances to it. */
  near: 2,
  doubles: 3,
} as const;

const isNone = (timestamps: Float64Array, length: number): boolean => {
  for (let i = 0; i < length; i++) if (!Number.isNaN(timestamps[i])) return false;
  return true;
};

const isRegular = (timestamps: Float64Array, length: number, first: number, step: number): boolean => {
  for (let i = 0; i < length; i++) if (timestamps[i] !== first + i * step) return false;
  return true;
};

/** Distances to the first; undefined if they are not whole or do not fit 32 bits. */
const distancesOf = (timestamps: Float64Array, length: number, first: number): Int32Array | undefined => {
  const distances = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const distance = (timestamps[i] as number) - first;
    distances[i] = distance;
    if (distances[i] !== distance || first + distance !== timestamps[i]) return undefined;
  }
  return distances;
};

export const encodeTimestamps = (timestamps: Float64Array, length: number, writer: ByteWriter): void => {
  if (isNone(timestamps, length)) {
    writer.writeByte(Layout.none);
    return;
  }
  const first = timestamps[0] as number;
  const step = length > 1 ? (timestamps[1] as number) - first : 0;
  if (isRegular(timestamps, length, first, step)) {
    writer.writeByte(Layout.regular);
    writer.writeDouble(first);
    writer.writeDouble(step);
    return;
  }
  const distances = distancesOf(timestamps, length, first);
  if (distances !== undefined) {
    writer.writeByte(Layout.near);
    writer.writeDouble(first);
    writer.writeArray(distances, length, 4);
    return;
  }
  writer.writeByte(Layout.doubles);
  writer.writeArray(timestamps, length, 8);
};

/** @throws MillraceError `record-invalid` for damaged bytes. */
export const decodeTimestamps = (length: number, reader: ByteReader): Float64Array => {
  const layout = reader.readByte();
  switch (layout) {
    case Layout.none:
      return new Float64Array(length).fill(Number.NaN);
    case Layout.regular: {
      const first = reader.readDouble();
      const step = reader.readDouble();
      const timestamps = new Float64Array(length);
      for (let i = 0; i < length; i++) timestamps[i] = first + i * step;
      return timestamps;
    }
    case Layout.near: {
      const first = reader.readDouble();
      reader.require(length * 4);
      const distances = new Int32Array(length);
      reader.readArray(distances, length, 4);
      const timestamps = new Float64Array(length);
      for (let i = 0; i < length; i++) timestamps[i] = first + (distances[i] as number);
      return timestamps;
    }
    case Layout.doubles: {
      reader.require(length * 8);
      const timestamps = new Float64Array(length);
      reader.readArray(timestamps, length, 8);
      return timestamps;
    }
    default:
      throw reader.corrupt(`timestamps have the unknown layout ${layout}`);
  }
};
