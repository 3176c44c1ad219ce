import { keyGroupOf } from '../../state/key-groups.ts';
import type { AccumulatorTable } from '../../state/typed-table.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { Budget } from '../processor.ts';
import type { Span } from './layout.ts';
import { createFiredRows, type FiredRows, firedRowsAtOnce, type PaneOutput } from './pane-output.ts';

/** Up to `limit` units of a budget. */
export const grant = (budget: Budget, limit: number): number => {
  let granted = 0;
  while (granted < limit && budget.take()) granted++;
  return granted;
};

/** Says which keys of a window must not be emitted, by key group; undefined = all are. */
export type FiredBefore = ((keyGroup: number) => boolean) | undefined;

/**
 * Fires one window at a time: merges the tables of its slices, when it has several, and hands the rows to the output. Works
 * within a budget and goes on where it stopped.
 */
export class PaneFiring {
  private readonly aggregation: Aggregation;
  private readonly output: PaneOutput;
  private readonly maxParallelism: number;
  /** Where the slices of a window are merged. */
  private readonly merged: AccumulatorTable;
  private readonly fired: FiredRows;
  private readonly targets: Int32Array = new Int32Array(firedRowsAtOnce);
  /** Whether a window is begun and not done. */
  private isActive = false;
  private sources: AccumulatorTable[] = [];
  private firedBefore: FiredBefore;
  private row = -1;

  constructor(
    aggregation: Aggregation,
    output: PaneOutput,
    merged: AccumulatorTable,
    maxParallelism: number,
  ) {
    this.aggregation = aggregation;
    this.output = output;
    this.merged = merged;
    this.maxParallelism = maxParallelism;
    this.fired = createFiredRows(merged, merged);
  }

  begin(window: Span, sources: readonly AccumulatorTable[], firedBefore: FiredBefore): void {
    this.isActive = true;
    this.sources = sources.filter((table) => table.size > 0);
    this.firedBefore = firedBefore;
    this.row = -1;
    this.stamp(window);
  }

  /** Goes on with the window begun; false when the budget ran out before the end. */
  run(budget: Budget): boolean {
    if (!this.isActive) return true;
    while (this.sources.length > 1) if (!this.mergeChunk(budget)) return false;
    const [table] = this.sources;
    while (table !== undefined && table.nextRow(this.row) >= 0) {
      if (!this.emitChunk(table, budget)) return false;
    }
    if (table === this.merged) this.merged.clear();
    this.isActive = false;
    return true;
  }

  /** Fires a window for one key only, at once. */
  fireKey(window: Span, sources: readonly AccumulatorTable[], key: unknown, hash: number): void {
    const { merged, aggregation } = this;
    const { rows } = this.fired;
    let table: AccumulatorTable | undefined;
    for (const source of sources) {
      const row = source.find(key, hash);
      if (row < 0 || aggregation.isEmpty(source, row)) continue;
      rows[0] = row;
      table = sources.length === 1 ? source : merged;
      if (table === source) continue;
      this.targets[0] = merged.rowFor(key, hash);
      aggregation.merge(merged, source, { targets: this.targets, sources: rows, length: 1 });
    }
    if (table === undefined) return;
    rows[0] = table.find(key, hash);
    this.stamp(window);
    this.emit(table, 1);
    if (table === merged) merged.clear();
  }

  /** Merges rows of the first source; the merged table takes its place in the end. */
  private mergeChunk(budget: Budget): boolean {
    const { merged, sources, targets } = this;
    const { rows } = this.fired;
    const at = sources[0] === merged ? 1 : 0;
    const source = sources[at] as AccumulatorTable;
    const granted = grant(budget, firedRowsAtOnce);
    let length = 0;
    for (let row = source.nextRow(this.row); row >= 0 && length < granted; row = source.nextRow(row)) {
      this.row = row;
      if (this.aggregation.isEmpty(source, row)) continue;
      rows[length] = row;
      targets[length++] = merged.rowFor(source.keyAt(row), source.index.hashAt(row));
    }
    this.aggregation.merge(merged, source, { targets, sources: rows, length });
    if (source.nextRow(this.row) < 0) {
      sources.splice(0, at + 1, merged);
      this.row = -1;
    }
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
