import type { WatermarkGenerator, WatermarkOutput, WatermarkSettings } from '../api/watermarks.ts';
import type { Batch } from '../batch/batch.ts';

/** How often periodic generators and idleness are looked at, in ms. (Flink: auto-watermark interval.) */
export const watermarkIntervalMs = 200;

/** The watermark of one split or one stream. Asked after each batch, and every interval. */
export interface WatermarkTracker {
  onBatch(batch: Batch, nowMs: number): void;
  onInterval(nowMs: number): void;
  /** −Infinity before the first. Never goes back. */
  readonly watermarkMs: number;
  /** Goes on from where an earlier tracker of the same split was. */
  restore(watermarkMs: number): void;
  /** Silent for longer than its idleness. */
  readonly idle: boolean;
  /** Whether `onInterval` has anything to do. */
  readonly periodic: boolean;
}

/** Highest timestamp − delay − 1: no closure, no call a record. */
class BoundedTracker implements WatermarkTracker {
  watermarkMs = -Infinity;
  readonly periodic = false;
  readonly idle = false;
  private readonly delayMs: number;

  constructor(delayMs: number) {
    this.delayMs = delayMs;
  }

  restore(watermarkMs: number): void {
    this.watermarkMs = watermarkMs;
  }

  onBatch(batch: Batch): void {
    const { timestamps, length } = batch;
    let highest = this.watermarkMs;
    for (let i = 0; i < length; i++)
      if ((timestamps[i] as number) > highest) highest = timestamps[i] as number;
    this.watermarkMs = Math.max(this.watermarkMs, highest - this.delayMs - 1);
  }

  onInterval(): void {}
}

class SilentTracker implements WatermarkTracker {
  readonly watermarkMs = -Infinity;
  readonly periodic = false;
  readonly idle = false;
  restore(): void {}
  onBatch(): void {}
  onInterval(): void {}
}

/** Runs a generator of the job's author. */
class CustomTracker implements WatermarkTracker, WatermarkOutput {
  watermarkMs = -Infinity;
  idle = false;
  readonly periodic = true;
  private readonly generator: WatermarkGenerator<unknown>;

  constructor(generator: WatermarkGenerator<unknown>) {
    this.generator = generator;
  }

  restore(watermarkMs: number): void {
    this.watermarkMs = watermarkMs;
  }

  onBatch(batch: Batch): void {
    const rows = batch.rows();
    this.idle = false;
    for (let i = 0; i < batch.length; i++)
      this.generator.onRecord(rows[i], batch.timestamps[i] as number, this);
  }

  onInterval(): void {
    this.generator.onPeriodic(this);
  }

  emitWatermark(timestampMs: number): void {
    this.idle = false;
    // The end of time is the end of the input, and nobody else's to give.
    if (timestampMs > this.watermarkMs) this.watermarkMs = Math.min(timestampMs, Number.MAX_VALUE);
  }

  markIdle(): void {
    this.idle = true;
  }
}

/** Adds idleness by the processing clock to another tracker. */
class IdleTracker implements WatermarkTracker {
  readonly periodic = true;
  private readonly inner: WatermarkTracker;
  private readonly idlenessMs: number;
  private lastMs = -1;
  private silent = false;

  constructor(inner: WatermarkTracker, idlenessMs: number) {
    this.inner = inner;
    this.idlenessMs = idlenessMs;
  }

  get watermarkMs(): number {
    return this.inner.watermarkMs;
  }

  get idle(): boolean {
    return this.silent || this.inner.idle;
  }

  restore(watermarkMs: number): void {
    this.inner.restore(watermarkMs);
  }

  onBatch(batch: Batch, nowMs: number): void {
    this.lastMs = nowMs;
    this.silent = false;
    this.inner.onBatch(batch, nowMs);
  }

  onInterval(nowMs: number): void {
    if (this.lastMs < 0) this.lastMs = nowMs;
    this.silent = nowMs - this.lastMs >= this.idlenessMs;
    this.inner.onInterval(nowMs);
  }
}

/** A tracker for one split or stream. */
export const createWatermarkTracker = (settings: WatermarkSettings): WatermarkTracker => {
  const { rule, idlenessMs } = settings;
  const tracker =
    rule.kind === 'none'
      ? new SilentTracker()
      : rule.kind === 'bounded'
        ? new BoundedTracker(rule.delayMs)
        : new CustomTracker(rule.create());
  return idlenessMs === undefined ? tracker : new IdleTracker(tracker, idlenessMs);
};
