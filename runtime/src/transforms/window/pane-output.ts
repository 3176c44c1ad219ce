import type { KeyedSnapshot, SnapshotRequest } from '../../checkpoint/snapshot-unit.ts';
import type { AccumulatorColumns } from '../aggregation/accumulator.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { ProcessorContext } from '../processor.ts';
import { RecordGuard } from '../record-guard.ts';
import { RecordOutputs } from '../record-outputs.ts';
import type { Span } from './layout.ts';

/** Gives the key of a row of the table in hand, and its hash. */
export interface KeySource {
  keyAt(row: number): unknown;
  hashAt(row: number): number;
}

/** Fired windows: row `rows[j]` of a table is the window [startsMs[j], endsMs[j]) of its key, for j < length. */
export interface FiredRows {
  columns: AccumulatorColumns;
  keys: KeySource;
  length: number;
  /** The timestamp of results of windows that have no end; others have the last instant of their window. NaN = none. */
  endlessMs: number;
  readonly rows: Int32Array;
  readonly startsMs: Float64Array;
  readonly endsMs: Float64Array;
}

/** Windows that are fired at once. */
export const firedRowsAtOnce = 256;

/** Room for fired windows; used again and again. */
export const createFiredRows = (columns: AccumulatorColumns, keys: KeySource): FiredRows => ({
  columns,
  keys,
  length: 0,
  endlessMs: Number.NaN,
  rows: new Int32Array(firedRowsAtOnce),
  startsMs: new Float64Array(firedRowsAtOnce),
  endsMs: new Float64Array(firedRowsAtOnce),
});

/** The timestamp of the results of a fired window, in ms. */
export const resultTimestampMs = (fired: FiredRows, position: number): number => {
  const endMs = fired.endsMs[position]!;
  return endMs === Infinity ? fired.endlessMs : endMs - 1;
};

/** Where the results of fired windows go. */
export interface PaneOutput {
  /** The watermark as functions are to see it. */
  watermarkMs: number;
  add(fired: FiredRows): void;
  /** Emits what was added and not yet emitted. */
  flush(): void;
  /** Windows that are over when time has come to `progressMs` will not fire again. */
  release?(progressMs: number): void;
  /** One window of a key is over. */
  clearWindow?(key: unknown, window: Span): void;
  /** State of functions, as of a processor. */
  exportKeyGroup?(keyGroup: number): Uint8Array | undefined;
  snapshotKeyGroups?(request: SnapshotRequest): KeyedSnapshot;
  applyKeyGroup?(keyGroup: number, bytes: Uint8Array): void;
  dropKeyGroup?(keyGroup: number): void;
  checkpointEnded?(checkpointId: number, completed: boolean): void;
  open?(): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** Emits the result of a user's fold as it is. Results carry the last instant of their window as timestamp. */
export class FoldOutput implements PaneOutput {
  watermarkMs: number = -Infinity;
  private readonly aggregation: Aggregation;
  private readonly outputs: RecordOutputs;
  private readonly guard: RecordGuard;

  constructor(aggregation: Aggregation, context: ProcessorContext) {
    this.aggregation = aggregation;
    this.outputs = new RecordOutputs(context);
    this.guard = new RecordGuard(context.failures, this.outputs, []);
  }

  add(fired: FiredRows): void {
    const { columns, rows, length } = fired;
    const { aggregation, outputs, guard } = this;
    for (let j = 0; j < length; j++) {
      const row = rows[j]!;
      outputs.timestampMs = resultTimestampMs(fired, j);
      guard.begin();
      try {
        outputs.emit(aggregation.result(columns, row));
        guard.commit();
      } catch (error) {
        guard.fail(error, aggregation.accumulator(columns, row), outputs.timestampMs);
      }
    }
  }

  flush(): void {
    // Everything went out at once.
  }
}
