import type { AggregateInput, BuiltInAggregate } from '../../api/aggregates.ts';
import type { WindowAggregation } from '../../api/transform.ts';
import type { Batch } from '../../batch/batch.ts';
import type { FailureHandler } from '../processor.ts';
import type {
  Accumulator,
  AccumulatorColumns,
  AggregateInputs,
  ColumnPlace,
  RowPairs,
  RowSelection,
} from './accumulator.ts';
import { createApproximateCountDistinct, createCountDistinct } from './distinct.ts';
import { createInputReader, emptyInputs, type InputReader, type SkippedRecords } from './inputs.ts';
import { createAverage, createCount, createMaximum, createMinimum, createSum } from './numeric.ts';
import { createCollect, createFirst, createLast, createTopN } from './ordered.ts';
import { createQuantiles } from './quantiles.ts';
import { createOrderedRecords, createRecords } from './records.ts';
import { createReduce, createUserAggregate, type FoldContext } from './user.ts';

/** Several built-in aggregates by name, as an author gives them. */
export type BuiltInAggregates = Readonly<Record<string, BuiltInAggregate<never, unknown>>>;

/** One aggregate at its place in the table. */
interface Part {
  readonly name: string;
  readonly accumulator: Accumulator;
  readonly read: InputReader;
  readonly inputs: AggregateInputs;
}

const createBuiltIn = (aggregate: BuiltInAggregate<never, unknown>, place: ColumnPlace): Accumulator => {
  switch (aggregate.kind) {
    case 'count':
      return createCount(place);
    case 'sum':
      return createSum(place);
    case 'average':
      return createAverage(place);
    case 'minimum':
      return createMinimum(place);
    case 'maximum':
      return createMaximum(place);
    case 'first':
      return createFirst(place);
    case 'last':
      return createLast(place);
    case 'countDistinct':
      return createCountDistinct(place);
    case 'approximateCountDistinct':
      return createApproximateCountDistinct(place);
    case 'topN':
      return createTopN(place, aggregate.limit ?? 1);
    case 'quantiles':
      return createQuantiles(place, aggregate.quantiles ?? []);
    case 'collect':
      return createCollect(place);
  }
};

const countColumnOf = (parts: readonly Part[]): number | undefined => {
  let column = 0;
  for (const { accumulator } of parts) {
    if (accumulator.countsRecords === true) return column;
    column += accumulator.initialNumbers.length;
  }
  return undefined;
};

/**
 * All aggregates of one transform over one table shape. Used per batch in this order: `read`, then look the rows up, then
 * `update`: a record that cannot be read has left nothing behind.
 */
export class Aggregation {
  readonly kind: WindowAggregation['kind'];
  /** Names of the built-in aggregates; empty when a function of the user folds. */
  readonly names: readonly string[];
  readonly initialNumbers: readonly number[];
  readonly heapCount: number;
  /** Whether it may be done in parts, in any order, with the same result: two phases before an exchange, shared slices. */
  readonly mergesInAnyOrder: boolean;
  /** Whether a row may be there that has taken no record, because its first one failed. */
  readonly mayHaveEmptyRows: boolean;
  /** The number column that counts the records of a row, when some aggregate has one. */
  readonly countColumn: number | undefined;
  readonly parts: readonly Part[];
  /** The parts that take the batch in hand: all, or of lists by port the one of its port. */
  private active: readonly Part[];
  private arrival = 0;

  constructor(parts: readonly Part[], kind: WindowAggregation['kind']) {
    this.kind = kind;
    this.parts = parts;
    this.active = parts;
    this.names = kind === 'builtIn' ? parts.map((part) => part.name) : [];
    this.initialNumbers = parts.flatMap((part) => part.accumulator.initialNumbers);
    this.countColumn = countColumnOf(parts);
    this.heapCount = parts.filter((part) => part.accumulator.hasHeap).length;
    this.mergesInAnyOrder = parts.every((part) => part.accumulator.mergesInAnyOrder);
    this.mayHaveEmptyRows = kind === 'reduce' || kind === 'aggregate';
  }

  /** Records seen so far: the arrival number of the next one. Moves with state, so that order of arrival survives. */
  get arrivals(): number {
    return this.arrival;
  }

  /** After state came in from elsewhere: later records are later than those in it. */
  raiseArrivals(arrivals: number): void {
    if (arrivals > this.arrival) this.arrival = arrivals;
  }

  /** Reads the inputs of a batch. Records that cannot be read go to `failures` and are added to `skipped`. */
  read(batch: Batch, skipped: SkippedRecords, failures: FailureHandler, port: number = 0): void {
    if (this.kind === 'collect' && this.parts.length > 1) this.active = [this.parts[port] as Part];
    for (const { read, inputs } of this.active) {
      inputs.timestamps = batch.timestamps;
      inputs.arrival = this.arrival;
      read(batch, skipped, failures, inputs);
    }
    this.arrival += batch.length;
  }

  /** Takes records of the batch last read into rows. */
  update(columns: AccumulatorColumns, selection: RowSelection): void {
    for (const { accumulator, inputs } of this.active) accumulator.update(columns, selection, inputs);
  }

  merge(target: AccumulatorColumns, source: AccumulatorColumns, pairs: RowPairs): void {
    for (const { accumulator } of this.parts) accumulator.merge(target, source, pairs);
  }

  /** Whether a row has taken no record. */
  isEmpty(columns: AccumulatorColumns, row: number): boolean {
    return this.mayHaveEmptyRows && (columns.numbers[0] as Float64Array)[row] === 0;
  }

  /** The result of a row: of built-in aggregates a record of their names, of a fold its value, of `collect` the list. */
  result(columns: AccumulatorColumns, row: number): unknown {
    if (this.kind !== 'builtIn') return (this.parts[0] as Part).accumulator.result(columns, row);
    const record: Record<string, unknown> = {};
    this.addResults(record, columns, row);
    return record;
  }

  /** What a user's fold has kept in a row: shown when reading its result fails. */
  accumulator(columns: AccumulatorColumns, row: number): unknown {
    return columns.heaps[0]?.[row];
  }

  /** Adds the results of a row to a record, by name. */
  addResults(record: Record<string, unknown>, columns: AccumulatorColumns, row: number): void {
    for (const { name, accumulator } of this.parts) record[name] = accumulator.result(columns, row);
  }
}

interface Definition {
  readonly name: string;
  readonly input: AggregateInput;
  readonly create: (place: ColumnPlace) => Accumulator;
}

const build = (definitions: readonly Definition[], kind: WindowAggregation['kind']): Aggregation => {
  let number = 0;
  let heap = 0;
  const parts = definitions.map(({ name, input, create }): Part => {
    const accumulator = create({ number, heap });
    number += accumulator.initialNumbers.length;
    heap += accumulator.hasHeap ? 1 : 0;
    return {
      name,
      accumulator,
      read: createInputReader(name, input, accumulator.reads),
      inputs: emptyInputs(),
    };
  });
  return new Aggregation(parts, kind);
};

/** The running form of built-in aggregates by name. */
export const compileAggregates = (aggregates: BuiltInAggregates): Aggregation =>
  build(
    Object.entries(aggregates).map(([name, aggregate]) => ({
      name,
      input: aggregate.input,
      create: (place) => createBuiltIn(aggregate, place),
    })),
    'builtIn',
  );

/**
 * Keeps records in lists, one a name; of several each takes the records of its port. `ordered` lists can be merged in order of
 * arrival, others must never be merged.
 */
export const compileRecordLists = (names: readonly string[], ordered: boolean): Aggregation =>
  build(
    names.map((name) => ({
      name,
      input: { kind: 'record' },
      create: (place) => (ordered ? createOrderedRecords(place, () => true) : createRecords(place)),
    })),
    'collect',
  );

/** The running form of a window's aggregation; `merges` = lists of records may have to be merged. */
export const compileWindowAggregation = (
  aggregation: WindowAggregation,
  context: FoldContext,
  merges: boolean,
): Aggregation => {
  const input: AggregateInput = { kind: 'record' };
  switch (aggregation.kind) {
    case 'builtIn':
      return compileAggregates(aggregation.aggregates);
    case 'reduce': {
      const create = (place: ColumnPlace): Accumulator => createReduce(place, aggregation.reduce, context);
      return build([{ name: 'reduce', input, create }], 'reduce');
    }
    case 'aggregate': {
      const create = (place: ColumnPlace): Accumulator =>
        createUserAggregate(place, aggregation.aggregate, context);
      return build([{ name: 'aggregate', input, create }], 'aggregate');
    }
    case 'collect':
      return compileRecordLists(['records'], merges);
  }
};
