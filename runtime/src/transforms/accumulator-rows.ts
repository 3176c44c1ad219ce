import { type ByteReader, type ByteWriter, decodeValue, encodeValue } from '../batch/codec.ts';
import { hashValue } from '../batch/hash.ts';
import type { ReadShapes, WrittenShapes } from '../batch/value-codec.ts';
import { readDoubles, readKeys, writeKeys } from '../state/key-column.ts';
import type { StoredColumns, TableRows } from '../state/row-scatter.ts';
import type { AccumulatorTable } from '../state/typed-table.ts';

/** Writes rows of accumulators column by column: the keys, the numbers as they lie in memory, the heap values. */
export const writeAccumulators = (
  { keys, columns, heaps }: TableRows,
  writer: ByteWriter,
  shapes: WrittenShapes,
): void => {
  writeKeys(keys, writer, shapes);
  for (const column of columns) writer.writeArray(column, keys.length, 8);
  for (const heap of heaps) for (const value of heap) encodeValue(value, writer, shapes);
};

/** NaN has one form in bytes. */
const sameNaN = (value: number): number => (Number.isNaN(value) ? Number.NaN : value);

/** Rows of a table, all in use, column by column. */
export const gatherRows = (
  table: StoredColumns & { keysAt(rows: Int32Array): TableRows['keys'] },
  rows: Int32Array,
): TableRows => ({
  keys: table.keysAt(rows),
  columns: table.columns.map((column) => Float64Array.from(rows, (row) => sameNaN(column[row]!))),
  heaps: table.heaps.map((heap) => Array.from(rows, (row) => heap[row])),
});

/** Puts into a table what `writeAccumulators` wrote, in place of what its keys have there. */
export const readAccumulators = (reader: ByteReader, shapes: ReadShapes, table: AccumulatorTable): void => {
  const keys = readKeys(reader, shapes);
  const { length } = keys;
  const hashes = new Uint32Array(length);
  for (let i = 0; i < length; i++) hashes[i] = hashValue(keys[i]);
  const rows = new Int32Array(length);
  table.lookup(keys, hashes, 0, length, rows);
  for (const column of table.numbers) {
    const values = readDoubles(reader, rows.length);
    for (let i = 0; i < rows.length; i++) column[rows[i]!] = values[i]!;
  }
  for (const heap of table.heaps) for (const row of rows) heap[row] = decodeValue(reader, shapes);
};
