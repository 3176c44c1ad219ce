/**
 * `rateLimit` slows another source down to so many records a second: for replays that a person watches, and to spare what the
 * records come from. Each subtask gets its equal share of the rate.
 */
import * as z from 'zod';
import { checkOptions } from '../../api/connector-options.ts';
import type { Source, SourceReader, SourceReaderContext, SplitOutput } from '../../api/connectors.ts';
import type { Cancellable } from '../../sys/system.ts';

export interface RateLimitOptions {
  /** Of all subtasks together. A batch of the source is never cut, so that short bursts may be larger. */
  readonly recordsPerSecond: number;
}

const optionsSchema = z.strictObject({ recordsPerSecond: z.number().positive().max(1e9) });

/** Counts what goes through an output. */
const countingOutput = <T>(output: SplitOutput<T>, count: (records: number) => void): SplitOutput<T> => ({
  emit: (value, timestampMs) => {
    count(1);
    output.emit(value, timestampMs);
  },
  emitBatch: (batch) => {
    count(batch.length);
    output.emitBatch(batch);
  },
  markIdle: () => output.markIdle(),
  release: () => output.release(),
});

const limited = <T, Split>(
  create: (context: SourceReaderContext<T>) => SourceReader<Split>,
  recordsPerSecond: number,
  context: SourceReaderContext<T>,
): SourceReader<Split> => {
  const { clock, timers } = context.system;
  const recordsPerMs = recordsPerSecond / context.parallelism / 1000;
  let freeAtMs = 0;
  let timer: Cancellable | undefined;
  const count = (records: number): void => {
    freeAtMs = Math.max(freeAtMs, clock.monotonicMs()) + records / recordsPerMs;
  };
  const inner = create({
    ...context,
    split: (splitId) => countingOutput(context.split(splitId), count),
  });
  const { stop } = inner;
  return {
    open: () => inner.open?.(),
    addSplit: (split) => inner.addSplit(split),
    noMoreSplits: () => inner.noMoreSplits(),
    ...(stop === undefined ? {} : { stop: () => stop.call(inner) }),
    poll: () => {
      const waitMs = freeAtMs - clock.monotonicMs();
      if (waitMs <= 0) return inner.poll();
      timer ??= timers.after(Math.ceil(waitMs), () => {
        timer = undefined;
        context.wake();
      });
      return 'waiting';
    },
    snapshot: () => inner.snapshot(),
    close: () => {
      timer?.cancel();
      return inner.close();
    },
  };
};

/**
 * The same source, slower.
 * @throws MillraceError job-invalid when the rate is no positive number.
 */
export const rateLimit = <T, Split, EnumeratorState>(
  source: Source<T, Split, EnumeratorState>,
  options: RateLimitOptions,
): Source<T, Split, EnumeratorState> => {
  const { recordsPerSecond } = checkOptions('rateLimit', optionsSchema, options);
  const { withFields } = source;
  return {
    ...source,
    ...(withFields === undefined
      ? {}
      : { withFields: (fields: readonly string[]) => rateLimit(withFields.call(source, fields), options) }),
    createEnumerator: (context, restored) => source.createEnumerator(context, restored),
    createReader: (context) =>
      limited((inner: SourceReaderContext<T>) => source.createReader(inner), recordsPerSecond, context),
  };
};
