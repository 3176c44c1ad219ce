import { keyGroupOf } from '../../state/key-groups.ts';
import type { AccumulatorTable } from '../../state/typed-table.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { Budget } from '../processor.ts';
import type { Span } from './layout.ts';
import { createFiredRows, type FiredRows, firedRowsAtOnce, type PaneOutput } from './pane-output.ts';
import type { FiringPlan, MergeTask } from './slice-blocks.ts';

/** Up to `limit` units of a budget. */
export const grant = (budget: Budget, limit: number): number => {
  let granted = 0;
  while (granted < limit && budget.take()) granted++;
  return granted;
};

/** Says which keys of a window must not be emitted, by key group; undefined = all are. */
export type FiredBefore = ((keyGroup: number) => boolean) | undefined;

/**
 * Fires one window at a time: merges the tables it is made of, when there are several, and hands the rows to the output.
 * Works within a budget and goes on where it stopped.
 */
export class PaneFiring {
  private readonly aggregation: Aggregation;
  private readonly output: PaneOutput;
  private readonly maxParallelism: number;
  /** Where the slices of a window are merged. */
  private readonly merged: AccumulatorTable;
  /** Where they are merged for one key: clearing it costs little. */
  private readonly single: AccumulatorTable;
  private readonly fired: FiredRows;
  private readonly targets: Int32Array = new Int32Array(firedRowsAtOnce);
  /** Whether a window is begun and not done. */
  private isActive = false;
  private tasks: MergeTask[] = [];
  /** What is emitted when all tasks are done. */
  private table: AccumulatorTable | undefined;
  private firedBefore: FiredBefore;
  /** Where the first task goes on: in this of its sources, after this row. Emitting uses the row alone. */
  private source = 0;
  private row = -1;

  constructor(
    aggregation: Aggregation,
    output: PaneOutput,
    createTable: () => AccumulatorTable,
    maxParallelism: number,
  ) {
    this.aggregation = aggregation;
    this.output = output;
    this.merged = createTable();
    this.single = createTable();
    this.maxParallelism = maxParallelism;
    this.fired = createFiredRows(this.merged, this.merged);
  }

  begin(window: Span, { merges, tables }: FiringPlan, firedBefore: FiredBefore): void {
    const isMerged = tables.length > 1;
    this.isActive = true;
    this.tasks = isMerged ? [...merges, { target: this.merged, sources: tables }] : [...merges];
    this.table = isMerged ? this.merged : tables[0];
    this.firedBefore = firedBefore;
    this.source = 0;
    this.row = -1;
    this.stamp(window);
  }

  /** Goes on with the window begun; false when the budget ran out before the end. */
  run(budget: Budget): boolean {
    if (!this.isActive) return true;
    for (let task = this.tasks[0]; task !== undefined; task = this.tasks[0]) {
      if (!this.merge(task, budget)) return false;
      this.tasks.shift();
      this.source = 0;
      this.row = -1;
    }
    const { table } = this;
    while (table !== undefined && table.nextRow(this.row) >= 0) {
      if (!this.emitChunk(table, budget)) return false;
    }
    if (table === this.merged) this.merged.clear();
    this.isActive = false;
    return true;
  }

  /** Fires a window for one key only, at once. */
  fireKey(window: Span, sources: readonly AccumulatorTable[], key: unknown, hash: number): void {
    const { single, aggregation, targets } = this;
    const { rows } = this.fired;
    this.stamp(window);
    if (sources.length === 1) {
      rows[0] = sources[0]!.find(key, hash);
      if (rows[0] >= 0 && !aggregation.isEmpty(sources[0]!, rows[0])) this.emit(sources[0]!, 1);
      return;
    }
    for (const source of sources) {
      rows[0] = source.find(key, hash);
      if (rows[0] < 0 || aggregation.isEmpty(source, rows[0])) continue;
      targets[0] = single.rowFor(key, hash);
      aggregation.merge(single, source, { targets, sources: rows, length: 1 });
    }
    rows[0] = single.find(key, hash);
    if (rows[0] >= 0) this.emit(single, 1);
    single.clear();
  }

  private merge({ target, sources }: MergeTask, budget: Budget): boolean {
    while (this.source < sources.length) {
      const source = sources[this.source]!;
      const hasBudget = this.mergeChunk(target, source, budget);
      if (source.nextRow(this.row) < 0) {
        this.source++;
        this.row = -1;
      }
      if (!hasBudget) return false;
    }
    return true;
  }

  /** Merges some rows of a source; false when the budget ran out. */
  private mergeChunk(target: AccumulatorTable, source: AccumulatorTable, budget: Budget): boolean {
    const { targets } = this;
    const { rows } = this.fired;
    const granted = grant(budget, firedRowsAtOnce);
    let length = 0;
    for (let row = source.nextRow(this.row); row >= 0 && length < granted; row = source.nextRow(row)) {
      this.row = row;
      if (this.aggregation.isEmpty(source, row)) continue;
      rows[length++] = row;
    }
    target.lookupRows(source, rows, length, targets);
    this.aggregation.merge(target, source, { targets, sources: rows, length });
    return granted === firedRowsAtOnce;
  }

  private emitChunk(table: AccumulatorTable, budget: Budget): boolean {
    const { firedBefore, aggregation } = this;
    const { rows } = this.fired;
    const granted = grant(budget, firedRowsAtOnce);
    let length = 0;
    for (let row = table.nextRow(this.row); row >= 0 && length < granted; row = table.nextRow(row)) {
      this.row = row;
      if (aggregation.isEmpty(table, row)) continue;
      if (firedBefore?.(keyGroupOf(table.index.hashAt(row), this.maxParallelism)) === true) continue;
      rows[length++] = row;
    }
    if (length > 0) this.emit(table, length);
    return granted === firedRowsAtOnce;
  }

  private stamp(window: Span): void {
    this.fired.startsMs.fill(window.startMs);
    this.fired.endsMs.fill(window.endMs);
  }

  private emit(table: AccumulatorTable, length: number): void {
    const { fired } = this;
    fired.columns = table;
    fired.keys = table;
    fired.length = length;
    this.output.add(fired);
  }
}
