import { type ByteReader, type ByteWriter, decodeValue, encodeValue } from '../batch/codec.ts';
import { hashValue } from '../batch/hash.ts';
import type { ReadShapes, WrittenShapes } from '../batch/value-codec.ts';
import type { TableRows } from '../state/frozen-table.ts';
import { readDoubles, readKeys, writeDoubles, writeKeys } from '../state/key-column.ts';
import type { AccumulatorTable } from '../state/typed-table.ts';

/** Writes rows of accumulators column by column: the keys, the numbers as they lie in memory, the heap values. */
export const writeAccumulators = (
  { keys, columns, cells }: TableRows,
  writer: ByteWriter,
  shapes: WrittenShapes,
): void => {
  writeKeys(keys, writer, shapes);
  const scratch = new Float64Array(cells.length);
  for (const column of columns.columns) writeDoubles(column, cells, cells.length, writer, scratch);
  for (const heap of columns.heaps) for (const cell of cells) encodeValue(heap[cell], writer, shapes);
};

/** Puts into a table what `writeAccumulators` wrote, in place of what its keys have there. */
export const readAccumulators = (reader: ByteReader, shapes: ReadShapes, table: AccumulatorTable): void => {
  const keys = readKeys(reader, shapes);
  const rows = Int32Array.from(keys as ArrayLike<unknown>, (key) => table.rowFor(key, hashValue(key)));
  for (const column of table.numbers) {
    const values = readDoubles(reader, rows.length);
    for (let i = 0; i < rows.length; i++) column[rows[i]!] = values[i]!;
  }
  for (const heap of table.heaps) for (const row of rows) heap[row] = decodeValue(reader, shapes);
};
