import { Batch } from '../../batch/batch.ts';
import type { Column, ColumnSet } from '../../batch/column.ts';
import { columnValues } from '../../batch/materialize.ts';
import { MillraceError } from '../../contract/errors.ts';
import { partialKeyField } from '../../exchange/keys.ts';
import type { AccumulatorTable } from '../../state/typed-table.ts';
import type { AccumulatorColumns } from '../aggregation/accumulator.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { TableShape } from './slices.ts';

/**
 * Accumulators on their way from the first phase of an aggregation to the second: a record has its key, the numbers and heap
 * values of its row, how many records went into it (unless a count among the accumulators says that), and as timestamp the
 * start of its slice. Their batches are always columns and marked as partial.
 */
const recordsName = 'records';
const numberName = (i: number): string => `number${i}`;
const heapName = (i: number): string => `heap${i}`;

/** What of an aggregation decides how its accumulators travel. */
export type PartialShape = TableShape & Pick<Aggregation, 'countColumn'>;

/** The tables of the first phase: where no accumulator counts records, a last number column does. */
export const firstPhaseShape = ({ initialNumbers, heapCount, countColumn }: PartialShape): TableShape => ({
  initialNumbers: countColumn === undefined ? [...initialNumbers, 0] : initialNumbers,
  heapCount,
});

const rowsAtOnce = 2048;

/** Gives the rows of a table of the first phase as batches, with their keys for the exchange. */
export const emitTable = (
  table: AccumulatorTable,
  shape: PartialShape,
  startMs: number,
  keyed: boolean,
  emit: (batch: Batch) => void,
): void => {
  const rows = new Int32Array(Math.min(rowsAtOnce, table.size));
  let length = 0;
  for (let row = table.nextRow(-1); row >= 0; row = table.nextRow(row)) {
    rows[length++] = row;
    if (length < rowsAtOnce) continue;
    emit(batchOf(table, shape, rows, length, startMs, keyed));
    length = 0;
  }
  if (length > 0) emit(batchOf(table, shape, rows, length, startMs, keyed));
};

const gather = (values: Float64Array, rows: Int32Array, length: number): Float64Array => {
  const gathered = new Float64Array(length);
  for (let j = 0; j < length; j++) gathered[j] = values[rows[j]!]!;
  return gathered;
};

const gatherAny = (values: readonly unknown[], rows: Int32Array, length: number): unknown[] => {
  const gathered: unknown[] = [];
  for (let j = 0; j < length; j++) gathered.push(values[rows[j]!]);
  return gathered;
};

const batchOf = (
  { index, numbers, heaps }: AccumulatorTable,
  { initialNumbers }: PartialShape,
  rows: Int32Array,
  length: number,
  startMs: number,
  keyed: boolean,
): Batch => {
  const names: string[] = [];
  const columns: Column[] = [];
  const add = (name: string, column: Column): void => {
    names.push(name);
    columns.push(column);
  };
  const keys = keyed ? index.keysAt(rows, length) : undefined;
  if (keys !== undefined) {
    const { values } = keys;
    add(
      partialKeyField,
      values instanceof Float64Array ? { type: 'number', values } : { type: 'any', values },
    );
  }
  numbers.forEach((column, i) => {
    const name = i < initialNumbers.length ? numberName(i) : recordsName;
    add(name, { type: 'number', values: gather(column, rows, length) });
  });
  heaps.forEach((heap, i) => {
    add(heapName(i), { type: 'any', values: gatherAny(heap, rows, length) });
  });
  const set: ColumnSet = { names, columns, partial: true };
  return Batch.ofColumns(set, new Float64Array(length).fill(startMs), length).withKeys(keys);
};

const columnOf = (batch: Batch, name: string): Column => {
  const column = batch.column(name);
  if (column !== undefined && column.marks === undefined) return column;
  throw new MillraceError('internal', `A batch of partial results has no whole column “${name}”.`);
};

const numbersOf = (batch: Batch, name: string): Float64Array => {
  const column = columnOf(batch, name);
  if (column.type === 'number') return column.values;
  throw new MillraceError('internal', `The column “${name}” of a batch of partial results has no numbers.`);
};

const heapOf = (batch: Batch, name: string): unknown[] => {
  const column = columnOf(batch, name);
  return column.type === 'any'
    ? (column.values as unknown[])
    : Array.from(columnValues(column, batch.length));
};

/** The accumulators in a batch, by position of the record. */
export const partialColumns = (batch: Batch, shape: TableShape): AccumulatorColumns => ({
  numbers: shape.initialNumbers.map((_, i) => numbersOf(batch, numberName(i))),
  heaps: Array.from({ length: shape.heapCount }, (_, i) => heapOf(batch, heapName(i))),
});

/** How many records went into each record of a batch. */
export const partialCounts = (batch: Batch, { countColumn }: PartialShape): Float64Array =>
  numbersOf(batch, countColumn === undefined ? recordsName : numberName(countColumn));
