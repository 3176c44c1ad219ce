import type { AccumulatorColumns } from '../aggregation/accumulator.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { ProcessorContext } from '../processor.ts';
import { RecordGuard } from '../record-guard.ts';
import { RecordOutputs } from '../record-outputs.ts';
import type { Span } from './layout.ts';

/** Gives the key of a row of the table in hand. */
export interface KeySource {
  keyAt(row: number): unknown;
}

/** Where the results of fired windows go: `count` rows of one window at a time. */
export interface PaneOutput {
  add(columns: AccumulatorColumns, rows: Int32Array, count: number, keys: KeySource, window: Span): void;
  /** Emits what was added and not yet emitted. */
  flush(): void;
}

/** Emits the result of a user's fold as it is. Results carry the last instant of their window as timestamp. */
export class FoldOutput implements PaneOutput {
  private readonly aggregation: Aggregation;
  private readonly outputs: RecordOutputs;
  private readonly guard: RecordGuard;

  constructor(aggregation: Aggregation, context: ProcessorContext) {
    this.aggregation = aggregation;
    this.outputs = new RecordOutputs(context);
    this.guard = new RecordGuard(context.failures, this.outputs, []);
  }

  add(columns: AccumulatorColumns, rows: Int32Array, count: number, _keys: KeySource, window: Span): void {
    const { aggregation, outputs, guard } = this;
    outputs.timestampMs = window.endMs - 1;
    for (let j = 0; j < count; j++) {
      const row = rows[j]!;
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
