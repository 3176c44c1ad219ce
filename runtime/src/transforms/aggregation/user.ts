import type { AggregateFunction } from '../../api/aggregates.ts';
import { cloneValue } from '../../batch/values.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { FailureHandler } from '../processor.ts';
import { refusePromise } from '../refuse-promise.ts';
import type { Accumulator, AccumulatorColumns, ColumnPlace, RowSelection } from './accumulator.ts';

const countsOf = (columns: AccumulatorColumns, place: ColumnPlace): Float64Array =>
  columns.numbers[place.number] as Float64Array;
const heapOf = (columns: AccumulatorColumns, place: ColumnPlace): unknown[] =>
  columns.heaps[place.heap] as unknown[];

/** Results that are looked at: a fold that returns a promise shows itself at once. */
const checkedResults = 16;

/** Where folds of the user run. */
export interface FoldContext {
  readonly failures: FailureHandler;
  readonly transformName: string;
}

/** How a function of the user folds: the first record of a row, then each further one, and two accumulators. */
interface Fold {
  /** The author's method, for messages. */
  readonly name: string;
  start(record: unknown): unknown;
  add(accumulator: unknown, record: unknown): unknown;
  merge(left: unknown, right: unknown): unknown;
  result(accumulator: unknown): unknown;
}

/**
 * A fold of the user over the heap column; the number column counts records, 0 = nothing there. When failures are
 * recoverable each call works on a copy, so that one that throws has changed nothing.
 */
const createFold = (
  place: ColumnPlace,
  fold: Fold,
  { failures, transformName }: FoldContext,
): Accumulator => {
  let unchecked = checkedResults;
  const check = (result: unknown): unknown => {
    if (unchecked === 0) return result;
    unchecked--;
    refusePromise(result, transformName, fold.name);
    return result;
  };
  const protect: (value: unknown) => unknown = failures.recoverable ? cloneValue : (value) => value;
  const updateOne = (columns: AccumulatorColumns, row: number, record: unknown): void => {
    const counts = countsOf(columns, place);
    const kept = heapOf(columns, place);
    kept[row] = check(counts[row] === 0 ? fold.start(record) : fold.add(protect(kept[row]), record));
    counts[row]! += 1;
  };
  return {
    initialNumbers: [0],
    hasHeap: true,
    reads: 'values',
    mergesInAnyOrder: false,
    update: (columns, { rows, positions, from, to }: RowSelection, { values, timestamps }) => {
      for (let j = from; j < to; j++) {
        const position = positions[j]!;
        try {
          updateOne(columns, rows[j]!, values[position]);
        } catch (error) {
          failures.handle(error, values[position], timestamps[position]!);
        }
      }
    },
    merge: (target, source, { targets, sources, length }) => {
      const counts = countsOf(target, place);
      const kept = heapOf(target, place);
      const sourceCounts = countsOf(source, place);
      const others = heapOf(source, place);
      for (let j = 0; j < length; j++) {
        const row = targets[j]!;
        const other = sources[j]!;
        if (sourceCounts[other] === 0) continue;
        const copy = cloneValue(others[other]);
        kept[row] = counts[row] === 0 ? copy : fold.merge(kept[row], copy);
        counts[row]! += sourceCounts[other]!;
      }
    },
    result: (columns, row) => fold.result(heapOf(columns, place)[row]),
  };
};

/** The accumulator of a reduce function: the reduced value. */
export const createReduce = (
  place: ColumnPlace,
  reduce: (left: unknown, right: unknown) => unknown,
  context: FoldContext,
): Accumulator =>
  createFold(
    place,
    {
      name: 'reduce',
      start: (record) => record,
      add: reduce,
      merge: reduce,
      result: (accumulator) => accumulator,
    },
    context,
  );

/** The accumulator of an author's aggregate function. */
export const createUserAggregate = (
  place: ColumnPlace,
  aggregate: AggregateFunction<unknown, unknown, unknown>,
  context: FoldContext,
): Accumulator =>
  createFold(
    place,
    {
      name: 'aggregate',
      start: (record) => aggregate.add(aggregate.create(), record),
      add: (accumulator, record) => aggregate.add(accumulator, record),
      merge: (left, right) => {
        if (aggregate.merge !== undefined) return aggregate.merge(left, right);
        throw new MillraceError('job-invalid', 'An aggregate function has no merge, but its windows merge.', {
          hint: 'Give the aggregate function a merge(left, right).',
        });
      },
      result: (accumulator) => aggregate.result(accumulator),
    },
    context,
  );
