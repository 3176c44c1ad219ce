import { ByteReader, type ByteWriter, decodeValue, encodeValue } from '../../batch/codec.ts';
import { ReadShapes, WrittenShapes } from '../../batch/value-codec.ts';
import { readKeys, readValues, writeKeys } from '../../state/key-column.ts';
import type { TableRows } from '../../state/row-scatter.ts';
import type { BufferedRecord } from './time-buffer.ts';

/** Version 1 is all keys of a key group in one value, and is still read. */
const formatVersion = 2;

/** What a key has on both sides. */
export type JoinRecords = readonly [unknown, readonly BufferedRecord[], readonly BufferedRecord[]];

export interface JoinPiece {
  /** All records that could have no partner behind this time had gone. −Infinity = nothing is said of it. */
  readonly settledMs: number;
  readonly keys: readonly JoinRecords[];
}

/** Keys with what waits; a view into the writer, which holds nothing else afterwards. */
export const encodeJoinPiece = (
  settledMs: number,
  runs: readonly TableRows[],
  writer: ByteWriter,
): Uint8Array => {
  writer.reset();
  const shapes = new WrittenShapes();
  writer.writeByte(formatVersion);
  writer.writeDouble(settledMs);
  for (const { keys, heaps } of runs) {
    writeKeys(keys, writer, shapes);
    for (const side of heaps) for (const records of side) encodeValue(records, writer, shapes);
  }
  return writer.view();
};

/** @throws MillraceError record-invalid for damaged bytes or those of a later version. */
export const decodeJoinPiece = (bytes: Uint8Array): JoinPiece => {
  const reader = new ByteReader(bytes);
  const shapes = new ReadShapes();
  const version = reader.readByte();
  if (version === 1)
    return { settledMs: -Infinity, keys: decodeValue(reader, shapes) as readonly JoinRecords[] };
  if (version !== formatVersion) throw reader.corrupt(`an interval join has the unknown version ${version}`);
  const settledMs = reader.readDouble();
  const found: JoinRecords[] = [];
  while (reader.remaining > 0) {
    const keys = readKeys(reader, shapes);
    const [left, right] = [0, 1].map(
      () => readValues(reader, shapes, keys.length) as readonly (readonly BufferedRecord[])[],
    );
    for (let i = 0; i < keys.length; i++) found.push([keys[i], left![i]!, right![i]!]);
  }
  return { settledMs, keys: found };
};
