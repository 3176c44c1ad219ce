/** Random streams for windows, and a driver that gives a stream to a processor in batches and collects its output by step. */
import fc from 'fast-check';
import type { Processor } from '../../../src/transforms/processor.ts';
import { advanceWatermark, batchOf, type FakeContext, type RecordIn } from '../support.ts';
import type { WindowModel } from './model.ts';

export interface StreamRecord {
  readonly key: string;
  readonly amount: number;
}

/** A step: a record, or a watermark. */
export type Step = { readonly record: RecordIn } | { readonly watermarkMs: number };

interface DrawnStep {
  readonly isWatermark: boolean;
  readonly key: number;
  readonly amount: number;
  readonly aheadMs: number;
  readonly behindMs: number;
}

const drawnStep: fc.Arbitrary<DrawnStep> = fc.record({
  isWatermark: fc.nat(5).map((n) => n === 0),
  key: fc.nat(4),
  amount: fc.integer({ min: -40, max: 40 }).map((n) => n / 4),
  aheadMs: fc.nat(6),
  behindMs: fc.oneof(fc.constant(0), fc.nat(8), fc.nat(60)),
});

/** Records whose time goes forward on the whole, often out of order, sometimes late; watermarks follow some way behind. */
export const streams = (keys: 'numbers' | 'strings' = 'strings'): fc.Arbitrary<Step[]> =>
  fc.array(drawnStep, { maxLength: 120 }).map((drawn) => {
    let timeMs = 0;
    let watermarkMs = -Infinity;
    return drawn.map((step): Step => {
      timeMs += step.aheadMs;
      if (step.isWatermark) {
        watermarkMs = Math.max(watermarkMs, timeMs - 10);
        return { watermarkMs };
      }
      const key = keys === 'numbers' ? step.key * 1.5 : `k${step.key}`;
      const value = { key, amount: step.amount };
      return { record: { value, key, timestampMs: timeMs - step.behindMs } };
    });
  });

/** Outputs by step: all that came out between two watermarks, and with the second. */
export type Output = readonly unknown[][];

const byWatermark = <R>(
  steps: readonly Step[],
  record: (record: RecordIn) => R[],
  watermark: (ms: number) => R[],
): R[][] => {
  const output: R[][] = [[]];
  for (const step of [...steps, { watermarkMs: Infinity }]) {
    if ('record' in step) output.at(-1)?.push(...record(step.record));
    else {
      output.at(-1)?.push(...watermark(step.watermarkMs));
      output.push([]);
    }
  }
  return output;
};

export const modelOutput = (model: WindowModel, steps: readonly Step[]): Output =>
  byWatermark(
    steps,
    (record) => model.record(record),
    (watermarkMs) => model.watermark(watermarkMs),
  );

/** Gives the stream in batches of at most `batchSize`, firing in slices of so many units. */
export const processorOutput = (
  processor: Processor,
  context: FakeContext,
  steps: readonly Step[],
  batchSize: number,
  units: number = Infinity,
): Output => {
  const waiting: RecordIn[] = [];
  const flush = (): unknown[] => {
    if (waiting.length > 0) processor.process(batchOf(waiting.splice(0)), 0);
    return context.main.take();
  };
  return byWatermark(
    steps,
    (record) => {
      waiting.push(record);
      return waiting.length === batchSize ? flush() : [];
    },
    (watermarkMs) => {
      const before = flush();
      advanceWatermark(processor, watermarkMs, units);
      return [...before, ...context.main.take()];
    },
  );
};

export const batchSizes: readonly number[] = [1, 2, 7, 2048];
