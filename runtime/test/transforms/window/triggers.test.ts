import { describe, expect, it } from 'vitest';
import { count } from '../../../src/api/aggregates.ts';
import { reducingState, valueState } from '../../../src/api/state.ts';
import type { WindowSettings } from '../../../src/api/transform.ts';
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countTrigger,
  customTrigger,
  deltaTrigger,
  eventTimeTrigger,
  neverTrigger,
  purging,
  type Trigger,
  type TriggerSpec,
} from '../../../src/api/triggers.ts';
import { globalWindow, session, sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import {
  advanceClock,
  advanceWatermark,
  drive,
  type FakeContext,
  fakeContext,
  finish,
  type RecordIn,
} from '../support.ts';

const start = (
  assigner: WindowAssigner,
  trigger: TriggerSpec,
  rest: Partial<WindowSettings> = {},
): { context: FakeContext; processor: Processor } => {
  const context = fakeContext({ nowMs: 1000 });
  const window: WindowSettings = {
    assigner,
    trigger,
    allowedLatenessMs: 0,
    aggregation: { kind: 'builtIn', aggregates: { records: count() } },
    keyed: true,
    ...rest,
  };
  return { context, processor: createWindowProcessor({ kind: 'window', window }, context) };
};

const at = (timestampMs: number, value: unknown = timestampMs, key: unknown = 'k'): RecordIn => ({
  value,
  key,
  timestampMs,
});

/** What was emitted since the last call, as window and count. */
const fired = (context: FakeContext): string[] =>
  context.main.take().map((value) => {
    const { windowStart, windowEnd, records } = value as {
      windowStart: number;
      windowEnd: number;
      records: number;
    };
    return `${windowStart}–${windowEnd}: ${records}`;
  });

const stateLeft = (processor: Processor): number =>
  (processor as unknown as { store: { keyCount: number } }).store.keyCount;

describe('a count trigger', () => {
  it('counts each sliding window of a key alone', () => {
    const { context, processor } = start(sliding(10, 5), countTrigger(2));
    drive(processor, context, [at(6)]);
    expect(fired(context)).toEqual([]);
    drive(processor, context, [at(11)]);
    expect(fired(context)).toEqual(['5–15: 2']);
    drive(processor, context, [at(7), at(12)]);
    expect(fired(context)).toEqual(['0–10: 2', '5–15: 4', '10–20: 2']);
  });

  it('adds up what sessions counted that become one', () => {
    const { context, processor } = start(session(10), countTrigger(4));
    drive(processor, context, [at(0), at(18), at(19)]);
    expect(fired(context)).toEqual([]);
    drive(processor, context, [at(9)]);
    expect(fired(context)).toEqual(['0–29: 4']);
  });

  it('does not fire at the end of the window, and leaves nothing behind', () => {
    const { context, processor } = start(tumbling(10), countTrigger(5));
    drive(processor, context, [at(1), at(2), { watermarkMs: 9 }]);
    expect(fired(context)).toEqual([]);
    expect(stateLeft(processor)).toBe(0);
  });
});

describe('a purging trigger', () => {
  it('drops what has fired and lets the window go on', () => {
    const { context, processor } = start(tumbling(10), purging(countTrigger(2)));
    drive(processor, context, [at(1), at(2), at(3), at(4), at(5), { watermarkMs: 9 }]);
    expect(fired(context)).toEqual(['0–10: 2', '0–10: 2']);
  });

  it('around the event-time trigger makes late firings hold only the late records', () => {
    const { context, processor } = start(tumbling(10), purging(eventTimeTrigger()), {
      allowedLatenessMs: 20,
    });
    drive(processor, context, [at(1), at(2), { watermarkMs: 15 }, at(3), at(4)]);
    expect(fired(context)).toEqual(['0–10: 2', '0–10: 1', '0–10: 1']);
  });
});

describe('a continuous trigger of event time', () => {
  it('fires at whole intervals and at the end of the window', () => {
    const { context, processor } = start(tumbling(20), continuousEventTimeTrigger(8));
    drive(processor, context, [at(1), { watermarkMs: 7 }]);
    expect(fired(context)).toEqual([]);
    advanceWatermark(processor, 8);
    expect(fired(context)).toEqual(['0–20: 1']);
    drive(processor, context, [at(9), { watermarkMs: 16 }]);
    expect(fired(context)).toEqual(['0–20: 2']);
    advanceWatermark(processor, 50);
    expect(fired(context)).toEqual(['0–20: 2']);
    expect(stateLeft(processor)).toBe(0);
  });

  it('goes on over sessions that become one, by the earliest of their times', () => {
    const { context, processor } = start(session(100), continuousEventTimeTrigger(10));
    drive(processor, context, [at(25), at(130), at(71)]);
    expect(fired(context)).toEqual([]);
    advanceWatermark(processor, 30);
    expect(fired(context)).toEqual(['25–230: 3']);
    advanceWatermark(processor, 40);
    expect(fired(context)).toEqual(['25–230: 3']);
  });

  it('of the global window ends with the input', () => {
    const { context, processor } = start(globalWindow(), continuousEventTimeTrigger(10));
    drive(processor, context, [at(3), { watermarkMs: 12 }, at(14)]);
    expect(context.main.take()).toHaveLength(1);
    finish(processor);
    expect(context.main.records.map(({ timestampMs }) => timestampMs)).toEqual([20]);
  });

  it('fires at once for records that come after the window', () => {
    const { context, processor } = start(tumbling(10), continuousEventTimeTrigger(4), {
      allowedLatenessMs: 10,
    });
    drive(processor, context, [{ watermarkMs: 12 }, at(3)]);
    expect(fired(context)).toEqual(['0–10: 1']);
  });
});

describe('a continuous trigger of processing time', () => {
  it('fires every interval of the clock, and at the end of a window of the clock', () => {
    const assigner = tumbling(20, { time: 'processing' });
    const { context, processor } = start(assigner, continuousProcessingTimeTrigger(8));
    drive(processor, context, [at(0)]);
    expect(processor.nextTimeMs?.()).toBe(1008);
    advanceClock(processor, context, 1008);
    expect(fired(context)).toEqual(['1000–1020: 1']);
    drive(processor, context, [at(0)]);
    advanceClock(processor, context, 1019);
    expect(fired(context)).toEqual(['1000–1020: 2']);
    advanceClock(processor, context, 1020);
    expect(fired(context)).toEqual(['1000–1020: 2']);
    expect(stateLeft(processor)).toBe(0);
  });

  it('does not fire at the end of an event-time window', () => {
    const { context, processor } = start(tumbling(10), continuousProcessingTimeTrigger(50));
    drive(processor, context, [at(3), { watermarkMs: 100 }]);
    expect(fired(context)).toEqual([]);
    expect(stateLeft(processor)).toBe(0);
  });

  it('fires once more at the end of the input', () => {
    const { context, processor } = start(globalWindow(), continuousProcessingTimeTrigger(50));
    drive(processor, context, [at(3)]);
    finish(processor);
    expect(context.main.values).toHaveLength(1);
  });
});

describe('a delta trigger', () => {
  it('fires when a record is far enough from the last that fired', () => {
    const delta = (last: number, value: number): number => value - last;
    const { context, processor } = start(globalWindow(), deltaTrigger(10, delta));
    drive(processor, context, [at(1, 0), at(2, 10), at(3, 11), at(4, 20), at(5, 22)]);
    expect(fired(context)).toEqual(['-Infinity–Infinity: 3', '-Infinity–Infinity: 5']);
  });
});

describe('the trigger that never fires', () => {
  it('keeps quiet until the end of the input and beyond', () => {
    const { context, processor } = start(globalWindow(), neverTrigger());
    drive(processor, context, [at(1), at(2)]);
    finish(processor);
    expect(context.main.values).toEqual([]);
  });

  it('lets windows with an end go', () => {
    const { context, processor } = start(session(10), neverTrigger());
    drive(processor, context, [at(1), at(2), { watermarkMs: 20 }]);
    expect(context.main.values).toEqual([]);
    expect(stateLeft(processor)).toBe(0);
  });
});

describe('the event-time trigger', () => {
  it('of the global window fires at the end of the input', () => {
    const { context, processor } = start(globalWindow(), eventTimeTrigger());
    drive(processor, context, [at(1), at(2), { watermarkMs: 1000 }]);
    expect(context.main.values).toEqual([]);
    finish(processor);
    expect(fired(context)).toEqual(['-Infinity–Infinity: 2']);
  });
});

describe('a trigger of the author', () => {
  const log: string[] = [];
  /** Fires at a mark, keeps the number of records and the last one, and says what is called. */
  const marked = (): Trigger<string> => {
    const records = reducingState<number>('records', (left, right) => left + right);
    const latest = valueState<string>('latest');
    return {
      onRecord: (value, timestampMs, window, context) => {
        context.reducing(records).add(1);
        log.push(
          `${value}@${timestampMs} in ${window.startMs}–${window.endMs} after ${context.state(latest).value()}`,
        );
        context.state(latest).update(value);
        context.registerEventTimeTimer(timestampMs + 2);
        return value === 'fire' ? 'fire' : 'continue';
      },
      onEventTime: (timeMs, window, context) => {
        log.push(`${timeMs} of ${window.endMs} with ${context.reducing(records).get()}`);
        return 'continue';
      },
      onProcessingTime: () => 'continue',
      onMerge: (window, context) => {
        log.push(
          `merged ${window.startMs}–${window.endMs} with ${context.reducing(records).get()} ${context.state(latest).value()}`,
        );
        return 'continue';
      },
      clear: (window, context) => {
        log.push(`clear ${window.endMs}`);
        context.reducing(records).clear();
        context.state(latest).clear();
      },
    };
  };

  it('has its own state and timers for each window', () => {
    log.length = 0;
    const { context, processor } = start(tumbling(10), customTrigger(marked));
    drive(processor, context, [
      at(1, 'a'),
      at(2, 'fire'),
      at(11, 'b'),
      { watermarkMs: 3 },
      { watermarkMs: 9 },
    ]);
    expect(fired(context)).toEqual(['0–10: 2']);
    expect(log).toEqual([
      'a@1 in 0–10 after undefined',
      'fire@2 in 0–10 after a',
      'b@11 in 10–20 after undefined',
      '3 of 10 with 2',
      '4 of 10 with 2',
      // The end of the window is a timer too.
      '9 of 10 with 2',
      'clear 10',
    ]);
  });

  it('is told of windows that merge: reducing state is combined, value state is gone, old timers are void', () => {
    log.length = 0;
    const { context, processor } = start(session(10), customTrigger(marked));
    drive(processor, context, [at(0, 'a'), at(18, 'b'), at(9, 'c'), { watermarkMs: 12 }]);
    expect(log).toEqual([
      'a@0 in 0–10 after undefined',
      'b@18 in 18–28 after undefined',
      'merged 0–28 with 2 undefined',
      'clear 10',
      'clear 28',
      'c@9 in 0–28 after undefined',
      '11 of 28 with 3',
    ]);
  });
});
