/** Parts and sums of batches. They keep the form of what they are made from: rows stay rows, columns stay columns. */
import { Batch, type BatchKeys } from './batch.ts';
import type { Column, ColumnSet } from './column.ts';
import { concatColumns, gatherColumn, gatherList, gatherNumbers, sliceColumn } from './column-parts.ts';

const mapColumns = (set: ColumnSet, change: (column: Column) => Column): ColumnSet => ({
  ...set,
  columns: set.columns.map(change),
});

const isTyped = (values: BatchKeys['values']): values is Float64Array => values instanceof Float64Array;

const gatherKeys = ({ values, hashes }: BatchKeys, indices: Int32Array, count: number): BatchKeys => {
  const gathered = new Uint32Array(count);
  for (let i = 0; i < count; i++) gathered[i] = hashes[indices[i] as number] as number;
  return {
    values: isTyped(values) ? gatherNumbers(values, indices, count) : gatherList(values, indices, count),
    hashes: gathered,
  };
};

/** The records at the first `count` of these positions, in that order, with keys and timestamps. */
export const selectRows = (batch: Batch, indices: Int32Array, count: number): Batch => {
  const timestamps = gatherNumbers(batch.timestamps, indices, count);
  const set = batch.isColumnar ? batch.columns() : undefined;
  const rows = batch.hasRows ? gatherList(batch.rows(), indices, count) : undefined;
  const columns = set && mapColumns(set, (column) => gatherColumn(column, indices, count));
  const selected = Batch.of(rows, columns, timestamps, count);
  return batch.keys === undefined ? selected : selected.withKeys(gatherKeys(batch.keys, indices, count));
};

const sliceKeys = ({ values, hashes }: BatchKeys, from: number, to: number): BatchKeys => ({
  values: isTyped(values) ? values.subarray(from, to) : values.slice(from, to),
  hashes: hashes.subarray(from, to),
});

/** The records from `from` up to, not including, `to`. Typed arrays are shared with the batch. */
export const sliceBatch = (batch: Batch, from: number, to: number): Batch => {
  if (from === 0 && to === batch.length) return batch;
  const set = batch.isColumnar ? batch.columns() : undefined;
  const rows = batch.hasRows ? batch.rows().slice(from, to) : undefined;
  const columns = set && mapColumns(set, (column) => sliceColumn(column, from, to));
  const slice = Batch.of(rows, columns, batch.timestamps.subarray(from, to), to - from);
  return batch.keys === undefined ? slice : slice.withKeys(sliceKeys(batch.keys, from, to));
};

/** Parts of at most `size` records, in order. A batch that is short enough comes out as it is. */
export const cutBatch = (batch: Batch, size: number): readonly Batch[] => {
  if (batch.length <= size) return [batch];
  return Array.from({ length: Math.ceil(batch.length / size) }, (_, part) =>
    sliceBatch(batch, part * size, Math.min((part + 1) * size, batch.length)),
  );
};

const concatKeys = (batches: readonly Batch[], length: number): BatchKeys | undefined => {
  const all: BatchKeys[] = [];
  for (const { keys } of batches) {
    if (keys === undefined) return undefined;
    all.push(keys);
  }
  const hashes = new Uint32Array(length);
  const numbers = all.every(({ values }) => isTyped(values)) ? new Float64Array(length) : undefined;
  const list: unknown[] = [];
  let at = 0;
  all.forEach((keys, position) => {
    const count = (batches[position] as Batch).length;
    hashes.set(keys.hashes.subarray(0, count), at);
    if (numbers !== undefined) numbers.set((keys.values as Float64Array).subarray(0, count), at);
    else for (let i = 0; i < count; i++) list.push(keys.values[i]);
    at += count;
  });
  return { values: numbers ?? list, hashes };
};

/** The columns of all batches one after the other; undefined unless all have the same fields of the same types. */
const concatSets = (batches: readonly Batch[], length: number): ColumnSet | undefined => {
  const sets: ColumnSet[] = [];
  for (const batch of batches) {
    const set = batch.isColumnar ? batch.columns() : undefined;
    if (set === undefined) return undefined;
    sets.push(set);
  }
  const [first] = sets as [ColumnSet];
  const { names, partial } = first;
  const isLikeFirst = (set: ColumnSet): boolean =>
    set.partial === partial &&
    set.names.length === names.length &&
    set.names.every((name, k) => name === names[k]);
  if (!sets.every(isLikeFirst)) return undefined;
  const lengths = batches.map((batch) => batch.length);
  const columns: Column[] = [];
  for (let k = 0; k < names.length; k++) {
    const parts = sets.map((set) => set.columns[k] as Column);
    const column = concatColumns(parts, lengths, length);
    if (column === undefined) return undefined;
    columns.push(column);
  }
  return { ...first, columns };
};

/** All records of several batches as one. Keys are kept if every batch has them. */
export const concatBatches = (batches: readonly Batch[]): Batch => {
  const [first] = batches;
  if (first === undefined) return Batch.ofRows([], new Float64Array(0));
  if (batches.length === 1) return first;
  const length = batches.reduce((sum, batch) => sum + batch.length, 0);
  const timestamps = new Float64Array(length);
  let at = 0;
  for (const batch of batches) {
    timestamps.set(batch.timestamps.subarray(0, batch.length), at);
    at += batch.length;
  }
  const columns = concatSets(batches, length);
  const rows =
    columns === undefined ? batches.flatMap((batch) => batch.rows().slice(0, batch.length)) : undefined;
  return Batch.of(rows, columns, timestamps, length).withKeys(concatKeys(batches, length));
};
