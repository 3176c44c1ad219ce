import type { TransformSpec } from '../api/transform.ts';
import type { Batch } from '../batch/batch.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { createTimestampAssigner, type TimestampAssigner } from './timestamps.ts';
import { createWatermarkTracker, type WatermarkTracker, watermarkIntervalMs } from './watermark-generator.ts';

/** Gives timestamps and watermarks in the middle of a stream; the watermarks that come in are dropped, but for the last. */
class WatermarksProcessor implements Processor {
  private readonly context: ProcessorContext;
  private readonly assign: TimestampAssigner;
  private readonly tracker: WatermarkTracker;
  private emittedMs = -Infinity;
  private nextMs = 0;

  constructor(spec: Extract<TransformSpec, { kind: 'watermarks' }>, context: ProcessorContext) {
    const { timestamps, range, rule } = spec.watermarks;
    this.context = context;
    this.assign = createTimestampAssigner(timestamps, range, rule.kind === 'none', context.failures);
    this.tracker = createWatermarkTracker(spec.watermarks);
  }

  process(batch: Batch): void {
    const nowMs = this.context.nowMs();
    const assigned = this.assign(batch, nowMs);
    this.tracker.onBatch(assigned, nowMs);
    if (assigned.length > 0) this.context.output.emitBatch(assigned);
  }

  restoreOutputWatermark(watermarkMs: number): void {
    this.tracker.restore(watermarkMs);
    this.emittedMs = watermarkMs;
  }

  outputWatermark(watermarkMs: number): number {
    return watermarkMs === Infinity ? Infinity : -Infinity;
  }

  generatedWatermark(): number {
    const { watermarkMs } = this.tracker;
    if (watermarkMs <= this.emittedMs) return -Infinity;
    this.emittedMs = watermarkMs;
    return watermarkMs;
  }

  advanceTime(nowMs: number): boolean {
    this.tracker.onInterval(nowMs);
    this.nextMs = nowMs + watermarkIntervalMs;
    return true;
  }

  nextTimeMs(): number {
    return this.tracker.periodic ? this.nextMs : Infinity;
  }
}

export const createWatermarksProcessor = (
  spec: Extract<TransformSpec, { kind: 'watermarks' }>,
  context: ProcessorContext,
): Processor => new WatermarksProcessor(spec, context);
