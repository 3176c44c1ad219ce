import type { WindowJoinSettings } from '../../api/transform.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { ProcessorContext } from '../processor.ts';
import { RecordGuard } from '../record-guard.ts';
import { RecordOutputs } from '../record-outputs.ts';
import { refusePromise } from '../refuse-promise.ts';
import { type FiredRows, type PaneOutput, resultTimestampMs } from '../window/pane-output.ts';

/** What a window join does with the two sides: calls the author's function for each pair, or once for both. */
export class PairCaller {
  private readonly settings: Pick<WindowJoinSettings, 'join' | 'coGroup'>;
  private readonly transformName: string;
  private readonly outputs: RecordOutputs;
  private readonly guard: RecordGuard;

  constructor(settings: Pick<WindowJoinSettings, 'join' | 'coGroup'>, context: ProcessorContext) {
    this.settings = settings;
    this.transformName = context.transformName;
    this.outputs = new RecordOutputs(context);
    this.guard = new RecordGuard(context.failures, this.outputs, []);
  }

  call(left: readonly unknown[], right: readonly unknown[], timestampMs: number): void {
    this.outputs.timestampMs = timestampMs;
    if (this.settings.join !== undefined) this.joinAll(this.settings.join, left, right);
    else this.coGroup(left, right);
  }

  /** Left records in order, each with all right ones in order. A pair that fails is left out alone. */
  private joinAll(
    join: (left: unknown, right: unknown) => unknown,
    left: readonly unknown[],
    right: readonly unknown[],
  ): void {
    const { guard, outputs, transformName } = this;
    for (const leftRecord of left) {
      for (const rightRecord of right) {
        guard.begin();
        try {
          const joined = join(leftRecord, rightRecord);
          refusePromise(joined, transformName, 'join');
          outputs.emit(joined);
          guard.commit();
        } catch (error) {
          guard.fail(error, { left: leftRecord, right: rightRecord }, outputs.timestampMs);
        }
      }
    }
  }

  private coGroup(left: readonly unknown[], right: readonly unknown[]): void {
    const { guard, outputs } = this;
    guard.begin();
    try {
      const returned: unknown = this.settings.coGroup?.(left, right, outputs);
      if (returned !== undefined) refusePromise(returned, this.transformName, 'coGroup');
      guard.commit();
    } catch (error) {
      guard.fail(error, { left, right }, outputs.timestampMs);
    }
  }
}

/** Joins the lists of both sides of each row that fires. */
export class PairOutput implements PaneOutput {
  watermarkMs: number = -Infinity;
  private readonly caller: PairCaller;
  private readonly lists: Aggregation;

  constructor(
    settings: Pick<WindowJoinSettings, 'join' | 'coGroup'>,
    context: ProcessorContext,
    lists: Aggregation,
  ) {
    this.caller = new PairCaller(settings, context);
    this.lists = lists;
  }

  add(fired: FiredRows): void {
    const { columns, rows, length } = fired;
    const [left, right] = this.lists.parts;
    for (let j = 0; j < length; j++) {
      const row = rows[j]!;
      this.caller.call(
        left!.accumulator.result(columns, row) as readonly unknown[],
        right!.accumulator.result(columns, row) as readonly unknown[],
        resultTimestampMs(fired, j),
      );
    }
  }

  flush(): void {
    // Everything went out at once.
  }
}
