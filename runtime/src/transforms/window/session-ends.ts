import type { Batch } from '../../batch/batch.ts';
import type { SkippedRecords } from '../aggregation/inputs.ts';
import type { FailureHandler } from '../processor.ts';
import { checkGap } from './assign-windows.ts';

/** Where the session of each record of a batch would end if the record were alone in it: its time plus the gap. */
export class SessionEnds {
  /** By position of the record. */
  values: Float64Array = new Float64Array(0);
  /** The least of them, skipped records left out; Infinity for none. */
  earliestMs: number = Infinity;
  private readonly gapMs: number | ((value: unknown) => number);

  constructor(gapMs: number | ((value: unknown) => number)) {
    this.gapMs = gapMs;
  }

  /** Records whose gap cannot be told go to `failures` and are added to `skipped`. */
  compute(batch: Batch, times: Float64Array, skipped: SkippedRecords, failures: FailureHandler): void {
    if (this.values.length < batch.length) this.values = new Float64Array(batch.length);
    if (typeof this.gapMs === 'number') this.addGap(this.gapMs, times, batch.length);
    else this.askGaps(this.gapMs, batch, times, skipped, failures);
    let earliestMs = Infinity;
    for (let i = 0; i < batch.length; i++) {
      if (skipped.flags[i] !== 1 && this.values[i]! < earliestMs) earliestMs = this.values[i]!;
    }
    this.earliestMs = earliestMs;
  }

  private addGap(gapMs: number, times: Float64Array, length: number): void {
    for (let i = 0; i < length; i++) this.values[i] = times[i]! + gapMs;
  }

  private askGaps(
    ask: (value: unknown) => number,
    batch: Batch,
    times: Float64Array,
    skipped: SkippedRecords,
    failures: FailureHandler,
  ): void {
    const records = batch.rows();
    for (let i = 0; i < batch.length; i++) {
      if (skipped.flags[i] === 1) continue;
      try {
        this.values[i] = times[i]! + checkGap(ask(records[i]));
      } catch (error) {
        failures.handle(error, records[i], batch.timestamps[i]!);
        skipped.add(i);
      }
    }
  }
}
