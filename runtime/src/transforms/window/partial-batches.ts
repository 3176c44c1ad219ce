import { Batch } from '../../batch/batch.ts';
import type { Column } from '../../batch/column.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { AccumulatorTable } from '../../state/typed-table.ts';
import type { AccumulatorColumns } from '../aggregation/accumulator.ts';
import type { TableShape } from './slices.ts';

/**
 * Accumulators on their way from the first phase of an aggregation to the second: a record has its key, the numbers and heap
 * values of its row, how many records went into it, and as timestamp the start of its slice.
 */
const keyName = 'key';
const recordsName = 'records';
const numberName = (i: number): string => `number${i}`;
const heapName = (i: number): string => `heap${i}`;

/** Where the first phase counts records: the last number column, behind those of the accumulators. */
export const countColumn = ({ initialNumbers }: TableShape): number => initialNumbers.length;

const rowsAtOnce = 2048;

const keysOf = (table: AccumulatorTable, rows: readonly number[]): Float64Array | unknown[] => {
  const keys = rows.map((row) => table.keyAt(row));
  return keys.every((key) => typeof key === 'number') ? Float64Array.from(keys as number[]) : keys;
};

/** The rows of a table as batches, with their keys for the exchange. */
export const tableBatches = (table: AccumulatorTable, startMs: number, keyed: boolean): Batch[] => {
  const batches: Batch[] = [];
  let rows: number[] = [];
  const close = (): void => {
    if (rows.length > 0) batches.push(batchOf(table, rows, startMs, keyed));
    rows = [];
  };
  table.forEachRow((row) => {
    rows.push(row);
    if (rows.length === rowsAtOnce) close();
  });
  close();
  return batches;
};

const batchOf = (
  table: AccumulatorTable,
  rows: readonly number[],
  startMs: number,
  keyed: boolean,
): Batch => {
  const names: string[] = [];
  const columns: Column[] = [];
  const add = (name: string, column: Column): void => {
    names.push(name);
    columns.push(column);
  };
  const keys = keysOf(table, rows);
  if (keyed)
    add(
      keyName,
      keys instanceof Float64Array ? { type: 'number', values: keys } : { type: 'any', values: keys },
    );
  table.numbers.forEach((column, i) => {
    const name = i === table.numbers.length - 1 ? recordsName : numberName(i);
    add(name, { type: 'number', values: Float64Array.from(rows, (row) => column[row]!) });
  });
  table.heaps.forEach((heap, i) => {
    add(heapName(i), { type: 'any', values: rows.map((row) => heap[row]) });
  });
  const batch = Batch.ofColumns({ names, columns }, new Float64Array(rows.length).fill(startMs), rows.length);
  return keyed
    ? batch.withKeys({ values: keys, hashes: Uint32Array.from(rows, (row) => table.hashAt(row)) })
    : batch;
};

const strange = (name: string): MillraceError =>
  new MillraceError('internal', `A batch of partial results has no column “${name}”.`);

const numbersOf = (batch: Batch, name: string): Float64Array => {
  const column = batch.column(name);
  if (column?.type === 'number' && column.marks === undefined) return column.values;
  const rows = batch.rows() as readonly Readonly<Record<string, unknown>>[];
  const values = Float64Array.from(rows, (row) => row[name] as number);
  if (rows.some((row) => typeof row[name] !== 'number')) throw strange(name);
  return values;
};

const heapOf = (batch: Batch, name: string): unknown[] => {
  const column = batch.column(name);
  if (column?.type === 'any' && column.marks === undefined) return column.values as unknown[];
  return (batch.rows() as readonly Readonly<Record<string, unknown>>[]).map((row) => row[name]);
};

/** The accumulators in a batch, by position of the record. */
export const partialColumns = (batch: Batch, shape: TableShape): AccumulatorColumns => ({
  numbers: shape.initialNumbers.map((_, i) => numbersOf(batch, numberName(i))),
  heaps: Array.from({ length: shape.heapCount }, (_, i) => heapOf(batch, heapName(i))),
});

/** How many records went into each record of a batch. */
export const partialCounts = (batch: Batch): Float64Array => numbersOf(batch, recordsName);
