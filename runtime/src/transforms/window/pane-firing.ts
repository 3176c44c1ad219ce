import { keyGroupOf } from '../../state/key-groups.ts';
import type { AccumulatorTable } from '../../state/typed-table.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { Budget } from '../processor.ts';
import type { Span } from './layout.ts';
import type { PaneOutput } from './pane-output.ts';

/** Rows that are merged or emitted at once. */
const chunkRows = 256;

/** Up to `limit` units of a budget. */
const grant = (budget: Budget, limit: number): number => {
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
  private readonly rows: Int32Array = new Int32Array(chunkRows);
  private readonly targets: Int32Array = new Int32Array(chunkRows);
  private window: Span | undefined;
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
  }

  /** Whether a window is begun and not done. */
  get isActive(): boolean {
    return this.window !== undefined;
  }

  begin(window: Span, sources: readonly AccumulatorTable[], firedBefore: FiredBefore): void {
    this.window = window;
    this.sources = sources.filter((table) => table.size > 0);
    this.firedBefore = firedBefore;
    this.row = -1;
  }

  /** Goes on with the window begun; false when the budget ran out before the end. */
  run(budget: Budget): boolean {
    const { window } = this;
    if (window === undefined) return true;
    while (this.sources.length > 1) if (!this.mergeChunk(budget)) return false;
    const [table] = this.sources;
    while (table !== undefined && table.nextRow(this.row) >= 0) {
      if (!this.emitChunk(table, window, budget)) return false;
    }
    if (table === this.merged) this.merged.clear();
    this.window = undefined;
    return true;
  }

  /** Fires a window for one key only, at once. */
  fireKey(window: Span, sources: readonly AccumulatorTable[], key: unknown, hash: number): void {
    const { merged, rows, aggregation } = this;
    let table: AccumulatorTable | undefined;
    for (const source of sources) {
      const row = source.find(key, hash);
      if (row < 0 || aggregation.isEmpty(source, row)) continue;
      if (sources.length === 1) {
        rows[0] = row;
        table = source;
        break;
      }
      table = merged;
      rows[0] = row;
      this.targets[0] = merged.rowFor(key, hash);
      aggregation.merge(merged, source, { targets: this.targets, sources: rows, length: 1 });
    }
    if (table === undefined) return;
    if (table === merged) rows[0] = merged.find(key, hash);
    this.output.add(table, rows, 1, table, window);
    if (table === merged) merged.clear();
  }

  /** Merges rows of the first source; the merged table takes its place in the end. */
  private mergeChunk(budget: Budget): boolean {
    const { merged, sources, rows, targets } = this;
    const at = sources[0] === merged ? 1 : 0;
    const source = sources[at] as AccumulatorTable;
    const granted = grant(budget, chunkRows);
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
    return granted === chunkRows;
  }

  private emitChunk(table: AccumulatorTable, window: Span, budget: Budget): boolean {
    const { rows, firedBefore, aggregation } = this;
    const granted = grant(budget, chunkRows);
    let length = 0;
    for (let row = table.nextRow(this.row); row >= 0 && length < granted; row = table.nextRow(row)) {
      this.row = row;
      if (aggregation.isEmpty(table, row)) continue;
      if (firedBefore?.(keyGroupOf(table.index.hashAt(row), this.maxParallelism)) === true) continue;
      rows[length++] = row;
    }
    if (length > 0) this.output.add(table, rows, length, table, window);
    return granted === chunkRows;
  }
}
