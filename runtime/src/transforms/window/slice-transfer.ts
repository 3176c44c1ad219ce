import { ByteReader, ByteWriter, decodeValue, encodeValue } from '../../batch/codec.ts';
import { hashValue } from '../../batch/hash.ts';
import { ReadShapes, WrittenShapes } from '../../batch/value-codec.ts';
import { keyGroupOf } from '../../state/key-groups.ts';
import type { AccumulatorTable } from '../../state/typed-table.ts';
import type { SliceStore } from './slices.ts';

/** The rows of a table, sorted by key group: those of group g stand from `starts[g]` to before `starts[g + 1]`. */
interface GroupedRows {
  readonly rows: Int32Array;
  readonly starts: Int32Array;
}

const groupRows = (table: AccumulatorTable, maxParallelism: number): GroupedRows => {
  const starts = new Int32Array(maxParallelism + 1);
  table.forEachRow((row) => {
    starts[keyGroupOf(table.hashAt(row), maxParallelism) + 1]! += 1;
  });
  for (let group = 0; group < maxParallelism; group++) starts[group + 1]! += starts[group]!;
  const cursors = starts.slice();
  const rows = new Int32Array(table.size);
  table.forEachRow((row) => {
    const group = keyGroupOf(table.hashAt(row), maxParallelism);
    rows[cursors[group]!] = row;
    cursors[group]! += 1;
  });
  return { rows, starts };
};

/**
 * Moves the rows of single key groups out of the tables of slices and into them. Tables hold all groups together, so that a
 * batch is looked up in one loop; they are sorted by group once for all the groups that leave at a barrier.
 */
export class SliceTransfer {
  private readonly store: SliceStore;
  private readonly maxParallelism: number;
  /** Sorted rows, as long as no record came in between. Removing rows of one group leaves those of the others. */
  private readonly grouped: Map<AccumulatorTable, GroupedRows> = new Map();

  constructor(store: SliceStore, maxParallelism: number) {
    this.store = store;
    this.maxParallelism = maxParallelism;
  }

  /** The tables have changed. */
  invalidate(): void {
    if (this.grouped.size > 0) this.grouped.clear();
  }

  /** The rows of a group with the end through which its windows have fired; undefined when there is none. */
  export(keyGroup: number, firedEndMs: number): Uint8Array | undefined {
    const slices = this.store.slices.filter(({ table }) => this.rowsOf(table, keyGroup).length > 0);
    if (slices.length === 0) return undefined;
    const writer = new ByteWriter();
    const shapes = new WrittenShapes();
    writer.writeDouble(firedEndMs);
    writer.writeVarint(slices.length);
    for (const { startMs, endMs, lastEndMs, table } of slices) {
      const rows = this.rowsOf(table, keyGroup);
      for (const timeMs of [startMs, endMs, lastEndMs]) writer.writeDouble(timeMs);
      writer.writeVarint(rows.length);
      for (const row of rows) encodeValue(table.keyAt(row), writer, shapes);
      for (const column of table.numbers) for (const row of rows) writer.writeDouble(column[row]!);
      for (const heap of table.heaps) for (const row of rows) encodeValue(heap[row], writer, shapes);
    }
    return writer.toBytes();
  }

  /** Puts rows in; gives the end through which their windows have fired. */
  import(bytes: Uint8Array): number {
    this.invalidate();
    const reader = new ByteReader(bytes);
    const shapes = new ReadShapes();
    const firedEndMs = reader.readDouble();
    for (let left = reader.readCount(1); left > 0; left--) {
      const [startMs, endMs, lastEndMs] = [reader.readDouble(), reader.readDouble(), reader.readDouble()];
      const { table } = this.store.sliceOf({ startMs, endMs }, lastEndMs);
      const rows: number[] = [];
      for (let count = reader.readCount(1); count > 0; count--) {
        const key = decodeValue(reader, shapes);
        rows.push(table.rowFor(key, hashValue(key)));
      }
      for (const column of table.numbers) for (const row of rows) column[row] = reader.readDouble();
      for (const heap of table.heaps) for (const row of rows) heap[row] = decodeValue(reader, shapes);
    }
    return firedEndMs;
  }

  drop(keyGroup: number): void {
    for (const { table } of this.store.slices)
      for (const row of this.rowsOf(table, keyGroup)) table.remove(row);
    // What was sorted stays right for the other groups, but this one is gone.
    for (const { starts, rows } of this.grouped.values())
      rows.fill(-1, starts[keyGroup]!, starts[keyGroup + 1]!);
  }

  private rowsOf(table: AccumulatorTable, keyGroup: number): Int32Array {
    const known = this.grouped.get(table) ?? groupRows(table, this.maxParallelism);
    this.grouped.set(table, known);
    const rows = known.rows.subarray(known.starts[keyGroup]!, known.starts[keyGroup + 1]!);
    return rows[0] === -1 ? rows.subarray(0, 0) : rows;
  }
}
