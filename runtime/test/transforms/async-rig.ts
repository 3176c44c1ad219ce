import type { AsyncFunction, AsyncSettings } from '../../src/api/async.ts';
import { createAsyncProcessor } from '../../src/transforms/async.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { settlePromises } from './manual-system.ts';
import { advanceWatermark, batchOf, type FakeContext, fakeContext } from './support.ts';

/** A function whose calls end when the test says so. */
export class Outside implements AsyncFunction<unknown, unknown> {
  readonly calls: {
    value: unknown;
    signal: AbortSignal;
    resolve: (results: readonly unknown[]) => void;
    reject: (error: unknown) => void;
  }[] = [];

  call(value: unknown, signal: AbortSignal): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.calls.push({ value, signal, resolve, reject });
    });
  }

  async answer(value: unknown, results: readonly unknown[] = [`${String(value)}!`]): Promise<void> {
    this.calls.findLast((call) => call.value === value)?.resolve(results);
    await settlePromises();
  }

  async refuse(value: unknown, error: unknown = new Error('no')): Promise<void> {
    this.calls.findLast((call) => call.value === value)?.reject(error);
    await settlePromises();
  }
}

export const settings = (
  user: AsyncFunction<unknown, unknown>,
  rest: Partial<AsyncSettings> = {},
): AsyncSettings => ({
  function: user,
  order: 'ordered',
  capacity: 10,
  timeoutMs: 1000,
  retries: 0,
  backoffMs: 100,
  ...rest,
});

export interface Rig {
  readonly context: FakeContext;
  readonly processor: Processor & {
    snapshotInFlight(): readonly { value: unknown; timestampMs: number; keyGroup: number }[];
  };
  /** What the task does after a wake: hands on what is ready; a watermark goes out among the records as `w<ms>`. */
  readonly settle: () => void;
}

export const rig = (asyncSettings: AsyncSettings, context: FakeContext = fakeContext()): Rig => {
  const processor = createAsyncProcessor(
    { kind: 'async', async: asyncSettings },
    context,
  ) as Rig['processor'];
  const settle = (): void => {
    for (;;) {
      processor.settle?.(false);
      const watermarkMs = processor.generatedWatermark?.() ?? -Infinity;
      if (watermarkMs === -Infinity) return;
      context.main.emit(`w${watermarkMs}`, NaN);
    }
  };
  return { context, processor, settle };
};

export const give = (processor: Processor, ...values: readonly unknown[]): void =>
  processor.process(batchOf(values.map((value, i) => ({ value, timestampMs: i }))), 0);

/** Gives a watermark as the task does: what is let through at once shows as `w<ms>`. */
export const watermark = ({ processor, context }: Rig, watermarkMs: number): void => {
  advanceWatermark(processor, watermarkMs);
  const passed = processor.outputWatermark?.(watermarkMs) ?? watermarkMs;
  if (passed > -Infinity) context.main.emit(`w${passed}`, NaN);
};
