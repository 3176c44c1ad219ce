/** Runs aggregates over rows of a table as a window does: read a batch, look rows up, update, merge, ask for results. */
import type { BuiltInAggregate } from '../../../src/api/aggregates.ts';
import { Batch } from '../../../src/batch/batch.ts';
import { hashNumber } from '../../../src/batch/hash.ts';
import { AccumulatorTable } from '../../../src/state/typed-table.ts';
import { type Aggregation, compileAggregates } from '../../../src/transforms/aggregation/compile.ts';
import { SkippedRecords } from '../../../src/transforms/aggregation/inputs.ts';
import type { FailureHandler } from '../../../src/transforms/processor.ts';

export const failing: FailureHandler = {
  recoverable: false,
  handle: (error) => {
    throw error;
  },
};

/** Aggregates by name over a table whose rows are numbered by the test. */
export class Bench {
  readonly aggregation: Aggregation;
  readonly table: AccumulatorTable;
  private readonly skipped: SkippedRecords = new SkippedRecords();

  constructor(aggregates: Readonly<Record<string, BuiltInAggregate<never, unknown>>> | Aggregation) {
    this.aggregation =
      'parts' in aggregates ? (aggregates as Aggregation) : compileAggregates(aggregates as never);
    const { initialNumbers: columns, heapCount: heapColumns } = this.aggregation;
    this.table = new AccumulatorTable({ columns, heapColumns });
  }

  rowOf(name: number): number {
    return this.table.rowFor(name, hashNumber(name));
  }

  /** Adds records to the rows with these names, as rows or as columns. */
  add(
    records: readonly unknown[],
    names: readonly number[],
    failures: FailureHandler = failing,
    asColumns: boolean = false,
  ): this {
    const rowBatch = Batch.ofRows(records, new Float64Array(records.length));
    const columns = asColumns ? rowBatch.columns() : undefined;
    const batch =
      columns === undefined
        ? rowBatch
        : Batch.ofColumns(columns, new Float64Array(records.length), records.length);
    this.skipped.reset(batch.length);
    this.aggregation.read(batch, this.skipped, failures);
    const positions = Int32Array.from(records.keys()).filter((i) => this.skipped.flags[i] !== 1);
    const rows = positions.map((position) => this.rowOf(names[position]!));
    this.aggregation.update(this.table, { rows, positions, from: 0, to: rows.length });
    return this;
  }

  merge(target: number, source: number): this {
    const targets = Int32Array.of(this.rowOf(target));
    const sources = Int32Array.of(this.rowOf(source));
    this.aggregation.merge(this.table, this.table, { targets, sources, length: 1 });
    return this;
  }

  result(name: number = 0): Readonly<Record<string, unknown>> {
    return this.aggregation.result(this.table, this.rowOf(name)) as Readonly<Record<string, unknown>>;
  }

  /** Results of aggregates that give them column by column. */
  numberResults(names: readonly number[]): number[][] {
    const rows = Int32Array.from(names, (name) => this.rowOf(name));
    return this.aggregation.parts.map(({ accumulator }) => {
      const target = new Float64Array(names.length + 1);
      accumulator.numberResults?.(this.table, rows, names.length, target, 1);
      return [...target.subarray(1)];
    });
  }
}
