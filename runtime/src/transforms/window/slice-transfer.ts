import { ByteReader, ByteWriter } from '../../batch/codec.ts';
import { ReadShapes, WrittenShapes } from '../../batch/value-codec.ts';
import { keyGroupOf } from '../../state/key-groups.ts';
import type { TableRows } from '../../state/row-scatter.ts';
import type { AccumulatorTable } from '../../state/typed-table.ts';
import { gatherRows, readAccumulators, writeAccumulators } from '../accumulator-rows.ts';
import type { Slice, SliceStore } from './slices.ts';

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

/** Rows of one key group and one slice. */
export interface SliceRows {
  readonly slice: Pick<Slice, 'startMs' | 'endMs' | 'lastEndMs'>;
  readonly rows: TableRows;
}

/** Rows with the end through which their windows have fired; a view into the writer, which holds nothing else afterwards. */
export const encodeSlices = (
  firedEndMs: number,
  runs: readonly SliceRows[],
  writer: ByteWriter,
): Uint8Array => {
  writer.reset();
  const shapes = new WrittenShapes();
  writer.writeDouble(firedEndMs);
  writer.writeVarint(runs.length);
  for (const { slice, rows } of runs) {
    for (const timeMs of [slice.startMs, slice.endMs, slice.lastEndMs]) writer.writeDouble(timeMs);
    writeAccumulators(rows, writer, shapes);
  }
  return writer.view();
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
    const runs = this.store.slices.flatMap((slice): SliceRows[] => {
      const rows = this.rowsOf(slice.table, keyGroup);
      return rows.length === 0 ? [] : [{ slice, rows: gatherRows(slice.table, rows) }];
    });
    return runs.length === 0 ? undefined : encodeSlices(firedEndMs, runs, new ByteWriter());
  }

  /** Puts rows in, in place of what their keys have there; gives the end through which their windows have fired. */
  import(bytes: Uint8Array): number {
    this.invalidate();
    const reader = new ByteReader(bytes);
    const shapes = new ReadShapes();
    const firedEndMs = reader.readDouble();
    for (let left = reader.readCount(24); left > 0; left--) {
      const [startMs, endMs, lastEndMs] = [reader.readDouble(), reader.readDouble(), reader.readDouble()];
      readAccumulators(reader, shapes, this.store.sliceOf({ startMs, endMs }, lastEndMs).table);
    }
    if (reader.remaining > 0) throw reader.corrupt(`${reader.remaining} bytes follow the last slice`);
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
