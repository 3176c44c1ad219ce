import { type ReducingStateDescriptor, reducingState, valueState } from '../../api/state.ts';
import type { Trigger, TriggerContext, TriggerResult, TriggerSpec } from '../../api/triggers.ts';
import type { TimeDomain, TimeWindow } from '../../api/windows.ts';

const goOn = (): TriggerResult => 'continue';

/** Fires when the watermark reaches the last instant of the window, and at once for records that come later. */
const eventTime: Trigger = {
  onRecord: (_value, _timestampMs, window, context) => {
    if (window.endMs - 1 <= context.watermarkMs) return 'fire';
    context.registerEventTimeTimer(window.endMs - 1);
    return 'continue';
  },
  onEventTime: (timeMs, window) => (timeMs === window.endMs - 1 ? 'fire' : 'continue'),
  onProcessingTime: goOn,
  onMerge: (window, context) => {
    if (window.endMs - 1 > context.watermarkMs) context.registerEventTimeTimer(window.endMs - 1);
    return 'continue';
  },
  clear: (window, context) => context.deleteEventTimeTimer(window.endMs - 1),
};

/** Fires when the clock reaches the end of the window: no record can come to it any more. */
const processingTime: Trigger = {
  onRecord: (_value, _timestampMs, window, context) => {
    context.registerProcessingTimeTimer(window.endMs);
    return 'continue';
  },
  onEventTime: goOn,
  onProcessingTime: (timeMs, window) => (timeMs === window.endMs ? 'fire' : 'continue'),
  onMerge: (window, context) => {
    context.registerProcessingTimeTimer(window.endMs);
    return 'continue';
  },
  clear: (window, context) => context.deleteProcessingTimeTimer(window.endMs),
};

const never: Trigger = {
  onRecord: goOn,
  onEventTime: goOn,
  onProcessingTime: goOn,
  onMerge: goOn,
  clear: () => undefined,
};

const countTrigger = (size: number): Trigger => {
  const counted = reducingState<number>('count', (left, right) => left + right);
  return {
    onRecord: (_value, _timestampMs, _window, context) => {
      const count = context.reducing(counted);
      count.add(1);
      if ((count.get() ?? 0) < size) return 'continue';
      count.clear();
      return 'fire';
    },
    onEventTime: goOn,
    onProcessingTime: goOn,
    onMerge: goOn,
    clear: (_window, context) => context.reducing(counted).clear(),
  };
};

/** When a continuous trigger fires next; of windows that merge the earliest. */
const nextFiring: ReducingStateDescriptor<number> = reducingState<number>('nextFiring', (left, right) =>
  Math.min(left, right),
);

const continuousEventTime = (intervalMs: number): Trigger => {
  const expect = (afterMs: number, window: TimeWindow, context: TriggerContext): void => {
    const nextMs = Math.min(afterMs + intervalMs, window.endMs - 1);
    context.reducing(nextFiring).add(nextMs);
    context.registerEventTimeTimer(nextMs);
  };
  return {
    onRecord: (_value, timestampMs, window, context) => {
      if (window.endMs - 1 <= context.watermarkMs) return 'fire';
      if (window.endMs !== Infinity) context.registerEventTimeTimer(window.endMs - 1);
      if (context.reducing(nextFiring).get() === undefined) {
        expect(Math.floor(timestampMs / intervalMs) * intervalMs, window, context);
      }
      return 'continue';
    },
    onEventTime: (timeMs, window, context) => {
      if (timeMs === window.endMs - 1) return 'fire';
      const next = context.reducing(nextFiring);
      if (next.get() !== timeMs) return 'continue';
      next.clear();
      expect(timeMs, window, context);
      return 'fire';
    },
    onProcessingTime: goOn,
    onMerge: (window, context) => {
      const nextMs = context.reducing(nextFiring).get();
      if (nextMs !== undefined) context.registerEventTimeTimer(nextMs);
      if (window.endMs - 1 > context.watermarkMs) context.registerEventTimeTimer(window.endMs - 1);
      return 'continue';
    },
    clear: (window, context) => {
      const next = context.reducing(nextFiring);
      const nextMs = next.get();
      if (nextMs !== undefined) context.deleteEventTimeTimer(nextMs);
      context.deleteEventTimeTimer(window.endMs - 1);
      next.clear();
    },
  };
};

/** In processing-time windows the end of the window bounds the firings; event-time windows end on another clock. */
const continuousProcessingTime = (intervalMs: number, domain: TimeDomain): Trigger => {
  const endOf = (window: TimeWindow): number => (domain === 'processing' ? window.endMs : Infinity);
  const expect = (afterMs: number, window: TimeWindow, context: TriggerContext): void => {
    const nextMs = Math.min(afterMs + intervalMs, endOf(window));
    context.reducing(nextFiring).add(nextMs);
    context.registerProcessingTimeTimer(nextMs);
  };
  return {
    onRecord: (_value, _timestampMs, window, context) => {
      if (endOf(window) !== Infinity) context.registerProcessingTimeTimer(endOf(window));
      if (context.reducing(nextFiring).get() === undefined) {
        expect(Math.floor(context.processingTimeMs / intervalMs) * intervalMs, window, context);
      }
      return 'continue';
    },
    onEventTime: goOn,
    onProcessingTime: (timeMs, window, context) => {
      const next = context.reducing(nextFiring);
      if (timeMs === endOf(window)) return 'fire';
      if (next.get() !== timeMs) return 'continue';
      next.clear();
      expect(timeMs, window, context);
      return 'fire';
    },
    onMerge: (window, context) => {
      const nextMs = context.reducing(nextFiring).get();
      if (nextMs !== undefined) context.registerProcessingTimeTimer(nextMs);
      if (endOf(window) !== Infinity) context.registerProcessingTimeTimer(endOf(window));
      return 'continue';
    },
    clear: (window, context) => {
      const next = context.reducing(nextFiring);
      const nextMs = next.get();
      if (nextMs !== undefined) context.deleteProcessingTimeTimer(nextMs);
      context.deleteProcessingTimeTimer(endOf(window));
      next.clear();
    },
  };
};

const deltaTrigger = (threshold: number, delta: (last: unknown, value: unknown) => number): Trigger => {
  const lastFired = valueState<{ readonly value: unknown }>('lastFired');
  return {
    onRecord: (value, _timestampMs, _window, context) => {
      const last = context.state(lastFired);
      const before = last.value();
      if (before !== undefined && !(delta(before.value, value) > threshold)) return 'continue';
      last.update({ value });
      return before === undefined ? 'continue' : 'fire';
    },
    onEventTime: goOn,
    onProcessingTime: goOn,
    clear: (_window, context) => context.state(lastFired).clear(),
  };
};

const purge = (result: TriggerResult): TriggerResult => (result === 'fire' ? 'fire-and-purge' : result);

const purging = (inner: Trigger): Trigger => {
  const outer: Trigger = {
    onRecord: (value, timestampMs, window, context) =>
      purge(inner.onRecord(value, timestampMs, window, context)),
    onEventTime: (timeMs, window, context) => purge(inner.onEventTime(timeMs, window, context)),
    onProcessingTime: (timeMs, window, context) => purge(inner.onProcessingTime(timeMs, window, context)),
    clear: (window, context) => inner.clear(window, context),
  };
  if (inner.onMerge !== undefined) {
    outer.onMerge = (window, context) => purge(inner.onMerge?.(window, context) ?? 'continue');
  }
  return outer;
};

/** The running form of a trigger, for windows in this time domain; one a subtask. */
export const createTrigger = (spec: TriggerSpec, domain: TimeDomain): Trigger => {
  switch (spec.kind) {
    case 'eventTime':
      return eventTime;
    case 'processingTime':
      return processingTime;
    case 'count':
      return countTrigger(spec.size);
    case 'continuousEventTime':
      return continuousEventTime(spec.intervalMs);
    case 'continuousProcessingTime':
      return continuousProcessingTime(spec.intervalMs, domain);
    case 'delta':
      return deltaTrigger(spec.threshold, spec.delta);
    case 'never':
      return never;
    case 'purging':
      return purging(createTrigger(spec.inner, domain));
    case 'custom':
      return spec.create();
  }
};
