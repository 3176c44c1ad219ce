import { ByteReader, ByteWriter } from '../../batch/codec.ts';
import { ReadShapes, WrittenShapes } from '../../batch/value-codec.ts';
import type { TableRows } from '../../state/row-scatter.ts';
import { gatherRows, readAccumulators, writeAccumulators } from '../accumulator-rows.ts';
import { RowsByGroup } from '../rows-by-group.ts';
import type { Slice, SliceStore } from './slices.ts';

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

/** Slices with fewer rows are not worth a word about how many they are. */
const manyRows = 65_536;

/** Of each slice with many rows its span, and how many of them a key group has in the mean; undefined when there is none. */
export const encodeRowCounts = (slices: readonly Slice[], groupCount: number): Uint8Array | undefined => {
  const large = slices.filter(({ table }) => table.size >= manyRows);
  if (large.length === 0) return undefined;
  const writer = new ByteWriter();
  for (const { startMs, endMs, lastEndMs, table } of large) {
    for (const value of [startMs, endMs, lastEndMs, Math.ceil(table.size / groupCount)])
      writer.writeDouble(value);
  }
  return writer.toBytes();
};

/** Moves the rows of single key groups out of the tables of slices and into them. */
export class SliceTransfer {
  private readonly store: SliceStore;
  private readonly grouped: RowsByGroup;

  constructor(store: SliceStore, maxParallelism: number) {
    this.store = store;
    this.grouped = new RowsByGroup(maxParallelism);
  }

  /** The tables have changed. */
  invalidate(): void {
    this.grouped.invalidate();
  }

  /** The rows of a group with the end through which its windows have fired; undefined when there is none. */
  export(keyGroup: number, firedEndMs: number): Uint8Array | undefined {
    const runs = this.store.slices.flatMap((slice): SliceRows[] => {
      const rows = this.grouped.of(slice.table, keyGroup);
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

  /** Takes what `encodeRowCounts` gave, of one more key group: tables then grow to their size at once. */
  expectRows(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    while (reader.remaining > 0) {
      const [startMs, endMs, lastEndMs] = [reader.readDouble(), reader.readDouble(), reader.readDouble()];
      this.store.sliceOf({ startMs, endMs }, lastEndMs).table.expectRows(reader.readDouble());
    }
  }

  drop(keyGroup: number): void {
    for (const { table } of this.store.slices)
      for (const row of this.grouped.of(table, keyGroup)) table.remove(row);
    this.grouped.removed(keyGroup);
  }
}
