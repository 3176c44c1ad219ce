import { describe, expect, it } from 'vitest';
import type { TimerContext } from '../../src/api/functions.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { Alarms, type Context, Counter, type Key, type Output, open, record } from './keyed-rig.ts';
import { advanceWatermark, budgetOf, drive, fakeContext, finish } from './support.ts';

describe('event-time timers', () => {
  it('fire in order of time over all keys, when the watermark has reached them', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    drive(processor, context, [
      record('a', { event: [30, 10] }),
      record('b', { event: [20, 40] }),
      { watermarkMs: 9 },
    ]);
    expect(context.main.values).toEqual([]);
    advanceWatermark(processor, 30);
    expect(context.main.take()).toEqual([
      ['a', 'event', 10],
      ['b', 'event', 20],
      ['a', 'event', 30],
    ]);
    advanceWatermark(processor, 1000);
    expect(context.main.take()).toEqual([['b', 'event', 40]]);
  });

  it('fire once when they were registered twice, and not when they were deleted', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    drive(processor, context, [
      record('a', { event: [10, 10, 20] }),
      record('a', { event: [10], cancel: [20] }),
      { watermarkMs: 100 },
    ]);
    expect(context.main.values).toEqual([['a', 'event', 10]]);
  });

  it('give their results their own time', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    drive(processor, context, [record('a', { event: [10] }, 3), { watermarkMs: 50 }]);
    expect(context.main.records.map(({ timestampMs }) => timestampMs)).toEqual([10]);
  });

  it('see the new watermark, the clock, and the key with its state', async () => {
    const seen: unknown[] = [];
    const counter = Object.assign(new Counter(), {
      process(this: Counter, value: unknown, context: Context, output: Output): void {
        Counter.prototype.process.call(this, value, context, output);
        context.timers.registerEventTimeTimer(10);
      },
      onTimer(this: Counter, _: number, context: TimerContext<Key>, output: Output): void {
        seen.push([context.key, context.watermarkMs, context.processingTimeMs, context.timestampMs]);
        Counter.prototype.process.call(this, undefined, context, output);
      },
    });
    const context = fakeContext({ nowMs: 77 });
    const processor = await open(counter, context);
    drive(processor, context, [record('a'), record('a'), { watermarkMs: 12 }]);
    expect(seen).toEqual([['a', 12, 77, 10]]);
    expect(context.main.values.at(-1)).toEqual(['a', 3]);
  });

  it('that are registered for the past fire with the next watermark', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    drive(processor, context, [{ watermarkMs: 50 }, record('a', { event: [10] })]);
    expect(context.main.values).toEqual([]);
    advanceWatermark(processor, 51);
    expect(context.main.values).toEqual([['a', 'event', 10]]);
  });

  it('that a timer registers fire in the same course when they are due', async () => {
    const context = fakeContext();
    const processor = await open(
      {
        process: (_, { timers }) => timers.registerEventTimeTimer(10),
        onTimer: (timestampMs, { timers }, output) => {
          output.emit(timestampMs);
          timers.registerEventTimeTimer(timestampMs + 10);
        },
      },
      context,
    );
    drive(processor, context, [record('a'), { watermarkMs: 35 }]);
    expect(context.main.values).toEqual([10, 20, 30]);
  });

  it('fire in slices that end when the budget is used up', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    drive(processor, context, [record('a', { event: [1, 2, 3, 4, 5] })]);
    expect(processor.advanceWatermark?.(10, budgetOf(2))).toBe(false);
    expect(context.main.values).toHaveLength(2);
    expect(processor.advanceWatermark?.(10, budgetOf(2))).toBe(false);
    expect(processor.advanceWatermark?.(10, budgetOf(2))).toBe(true);
    expect(context.main.values.map((value) => (value as [Key, string, number])[2])).toEqual([1, 2, 3, 4, 5]);
  });

  it('all fire at the end of the input', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    drive(processor, context, [record('a', { event: [10, 1e15] })]);
    finish(processor, 1);
    expect(context.main.values).toHaveLength(2);
  });

  it('that register each other for ever at the end fail the job by name instead of hanging it', async () => {
    const context = fakeContext({ transformName: 'ticks' });
    const processor = await open(
      {
        process: (_, { timers }) => timers.registerEventTimeTimer(0),
        onTimer: (timestampMs, { timers }) => timers.registerEventTimeTimer(timestampMs + 1),
      },
      context,
    );
    drive(processor, context, [record('a')]);
    expect(() => finish(processor)).toThrow('“ticks” register each other for ever');
  });

  it('refuse a time that is no number', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    expect(() => drive(processor, context, [record('a', { event: [NaN] })])).toThrow(MillraceError);
  });

  it('are forgotten without harm by a function that has no onTimer', async () => {
    const context = fakeContext();
    const processor = await open({ process: (_, { timers }) => timers.registerEventTimeTimer(1) }, context);
    drive(processor, context, [record('a'), { watermarkMs: 5 }]);
    finish(processor);
    expect(context.main.values).toEqual([]);
  });
});

describe('processing-time timers', () => {
  it('ask to be called at their time and fire when the clock has reached it', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    expect(processor.nextTimeMs?.()).toBe(Infinity);
    drive(processor, context, [record('a', { processing: [100, 300] }), record('b', { processing: [200] })]);
    expect(processor.nextTimeMs?.()).toBe(100);
    drive(processor, context, [{ clockMs: 99 }]);
    expect(context.main.values).toEqual([]);
    drive(processor, context, [{ clockMs: 250 }]);
    expect(context.main.take()).toEqual([
      ['a', 'processing', 100],
      ['b', 'processing', 200],
    ]);
    expect(processor.nextTimeMs?.()).toBe(300);
  });

  it('give their results no time', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    drive(processor, context, [record('a', { processing: [10] }, 5), { clockMs: 10 }]);
    expect(context.main.records.map(({ timestampMs }) => timestampMs)).toEqual([NaN]);
  });

  it('are not touched by watermarks', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    drive(processor, context, [record('a', { processing: [10] }), { watermarkMs: 1000 }]);
    expect(context.main.values).toEqual([]);
  });

  it('fire in slices', async () => {
    const context = fakeContext();
    const processor = await open(new Alarms(), context);
    drive(processor, context, [record('a', { processing: [1, 2, 3] })]);
    expect(processor.advanceTime?.(10, budgetOf(2))).toBe(false);
    expect(processor.advanceTime?.(10, budgetOf(2))).toBe(true);
    expect(context.main.values).toHaveLength(3);
  });

  it('that wait at the end of the input fire once, in order, and those that they register do not', async () => {
    const context = fakeContext();
    const processor = await open(
      {
        process: (value, { timers }) => timers.registerProcessingTimeTimer(value as number),
        onTimer: (timestampMs, { timers, key }, output) => {
          output.emit([key, timestampMs]);
          timers.registerProcessingTimeTimer(timestampMs + 1);
        },
      },
      context,
    );
    drive(processor, context, [record('a', 500), record('b', 400), record('c', 600)]);
    finish(processor, 1);
    expect(context.main.values).toEqual([
      ['b', 400],
      ['a', 500],
      ['c', 600],
    ]);
  });

  it('that wait at the end may still register timers of event time', async () => {
    const context = fakeContext();
    const processor = await open(
      {
        process: (_, { timers }) => timers.registerProcessingTimeTimer(500),
        onTimer: (timestampMs, { timers, timeDomain }, output) => {
          output.emit([timeDomain, timestampMs]);
          if (timeDomain === 'processing') timers.registerEventTimeTimer(7);
        },
      },
      context,
    );
    drive(processor, context, [record('a')]);
    finish(processor);
    expect(context.main.values).toEqual([
      ['processing', 500],
      ['event', 7],
    ]);
  });
});
