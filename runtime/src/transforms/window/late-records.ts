import type { WindowSettings } from '../../api/transform.ts';
import type { Batch } from '../../batch/batch.ts';
import type { Counter } from '../../telemetry/metrics.ts';
import type { Emitter, ProcessorContext } from '../processor.ts';

/** Where records go whose windows are all over: to the late output, or nowhere, counted. */
export class LateRecords {
  private readonly output: Emitter | undefined;
  private readonly dropped: Counter;

  constructor({ lateOutput }: Pick<WindowSettings, 'lateOutput'>, context: ProcessorContext) {
    this.output = lateOutput === undefined ? undefined : context.side(lateOutput);
    this.dropped = context.metrics.counter('numLateRecordsDropped');
  }

  take(batch: Batch, position: number): void {
    if (this.output === undefined) this.dropped.value += 1;
    else this.output.emit(batch.rows()[position], batch.timestamps[position]!);
  }

  /** Counts records of which only their aggregates came. */
  drop(count: number): void {
    this.dropped.value += count;
  }
}
