import { type ByteReader, type ByteWriter, decodeValue, encodeValue } from '../batch/codec.ts';
import type { ReadShapes, WrittenShapes } from '../batch/value-codec.ts';
import { Timed } from './time-to-live.ts';
import { ValueMap } from './value-map.ts';

type Entries = ValueMap<unknown, unknown>;

/** Writes a map with its number of entries before it; each has its expiry behind it when they have one. */
export const writeMap = (map: Entries, expires: boolean, writer: ByteWriter, shapes: WrittenShapes): void => {
  writer.writeVarint(map.size);
  for (const [key, held] of map) {
    encodeValue(key, writer, shapes);
    encodeValue(held instanceof Timed ? held.value : held, writer, shapes);
    if (expires) writer.writeDouble((held as Timed).expiryMs);
  }
};

/** Reads what `writeMap` wrote. Entries without an expiry of their own get this one, NaN = none. */
export const readMap = (
  reader: ByteReader,
  shapes: ReadShapes,
  expires: boolean,
  expiryMs: number,
): Entries => {
  const map: Entries = new ValueMap();
  for (let left = reader.readCount(2); left > 0; left--) {
    const key = decodeValue(reader, shapes);
    const value = decodeValue(reader, shapes);
    const untilMs = expires ? reader.readDouble() : expiryMs;
    map.set(key, Number.isNaN(untilMs) ? value : new Timed(value, untilMs));
  }
  return map;
};
