/** A *trigger* decides when a window fires (its function sees the window) and when it is purged (its contents are dropped). */
import { type Duration, durationMs, positiveDurationMs } from './duration.ts';
import { wholeNumber } from './job-invalid.ts';
import type { ReducingStateDescriptor, ValueState, ValueStateDescriptor } from './state.ts';
import type { TimeWindow } from './windows.ts';

export type TriggerResult = 'continue' | 'fire' | 'purge' | 'fire-and-purge';

/** What a trigger sees. Its state and timers belong to one window of one key. */
export interface TriggerContext {
  readonly watermarkMs: number;
  readonly processingTimeMs: number;
  registerEventTimeTimer(timestampMs: number): void;
  registerProcessingTimeTimer(timestampMs: number): void;
  deleteEventTimeTimer(timestampMs: number): void;
  deleteProcessingTimeTimer(timestampMs: number): void;
  /** State of this window; a reducing state is combined when windows merge, a value state is taken from none. */
  state<T, Absent>(descriptor: ValueStateDescriptor<T, Absent>): ValueState<T, Absent>;
  reducing<T>(descriptor: ReducingStateDescriptor<T>): {
    get(): T | undefined;
    add(value: T): void;
    clear(): void;
  };
}

export interface Trigger<T = unknown> {
  onRecord(value: T, timestampMs: number, window: TimeWindow, context: TriggerContext): TriggerResult;
  onEventTime(timeMs: number, window: TimeWindow, context: TriggerContext): TriggerResult;
  onProcessingTime(timeMs: number, window: TimeWindow, context: TriggerContext): TriggerResult;
  /** Windows were merged into `window`; absent = the trigger cannot be used with merging windows. */
  onMerge?(window: TimeWindow, context: TriggerContext): TriggerResult;
  clear(window: TimeWindow, context: TriggerContext): void;
}

/** A trigger as a value: one of those below, or your own. Durations in ms. */
export type TriggerSpec =
  | { readonly kind: 'eventTime' }
  | { readonly kind: 'processingTime' }
  | { readonly kind: 'count'; readonly size: number }
  | { readonly kind: 'continuousEventTime'; readonly intervalMs: number }
  | { readonly kind: 'continuousProcessingTime'; readonly intervalMs: number }
  | {
      readonly kind: 'delta';
      readonly threshold: number;
      readonly delta: (last: unknown, value: unknown) => number;
    }
  | { readonly kind: 'never' }
  | { readonly kind: 'purging'; readonly inner: TriggerSpec }
  | { readonly kind: 'custom'; readonly create: () => Trigger };

/** Fires when the watermark passes the end of the window; the default of event-time windows. */
export const eventTimeTrigger = (): TriggerSpec => ({ kind: 'eventTime' });
/** Fires when the clock passes the end of the window; the default of processing-time windows. */
export const processingTimeTrigger = (): TriggerSpec => ({ kind: 'processingTime' });
/** Fires at every `size` records. */
export const countTrigger = (size: number): TriggerSpec => ({
  kind: 'count',
  size: wholeNumber(size, 'number of records', 1, Number.MAX_SAFE_INTEGER),
});
/** Fires every interval of event time, and at the end of the window. */
export const continuousEventTimeTrigger = (interval: Duration): TriggerSpec => ({
  kind: 'continuousEventTime',
  intervalMs: positiveDurationMs(interval, 'trigger interval'),
});
/** Fires every interval of the clock, and at the end of a processing-time window. */
export const continuousProcessingTimeTrigger = (interval: Duration): TriggerSpec => ({
  kind: 'continuousProcessingTime',
  intervalMs: positiveDurationMs(interval, 'trigger interval'),
});
/** Fires when `delta(last fired record, record)` exceeds the threshold. */
export const deltaTrigger = <T>(threshold: number, delta: (last: T, value: T) => number): TriggerSpec => ({
  kind: 'delta',
  threshold,
  delta: delta as (last: unknown, value: unknown) => number,
});
/** Never fires; the default of the global window. */
export const neverTrigger = (): TriggerSpec => ({ kind: 'never' });
/** Purges whenever the inner trigger fires. */
export const purging = (inner: TriggerSpec): TriggerSpec => ({ kind: 'purging', inner });
/** A trigger of your own; one instance a subtask. */
export const customTrigger = <T>(create: () => Trigger<T>): TriggerSpec => ({
  kind: 'custom',
  create: create as () => Trigger,
});

/** What an evictor sees of a record in a window. */
export interface WindowRecord<T> {
  readonly value: T;
  readonly timestampMs: number;
}

/** Leaves records out of a window before its function runs, or after. Makes the window keep all its records. */
export interface Evictor<T> {
  readonly when: 'before' | 'after';
  /** The records that stay. */
  keep(records: readonly WindowRecord<T>[], window: TimeWindow): readonly WindowRecord<T>[];
}

/** Keeps the last `size` records. */
export const countEvictor = <T>(size: number): Evictor<T> => ({
  when: 'before',
  keep: (records) => records.slice(Math.max(0, records.length - size)),
});

/** Keeps the records not older than `window` before the newest. */
export const timeEvictor = <T>(window: Duration): Evictor<T> => {
  const keepMs = durationMs(window, 'evictor time');
  return {
    when: 'before',
    keep: (records) => {
      const newestMs = records.reduce((newest, record) => Math.max(newest, record.timestampMs), -Infinity);
      return records.filter((record) => record.timestampMs > newestMs - keepMs);
    },
  };
};

/** Keeps the records whose delta to the last record is below the threshold. */
export const deltaEvictor = <T>(threshold: number, delta: (value: T, last: T) => number): Evictor<T> => ({
  when: 'before',
  keep: (records) => {
    const last = records.at(-1);
    return last === undefined
      ? records
      : records.filter((record) => delta(record.value, last.value) < threshold);
  },
});
