import { describe, expect, it } from 'vitest';
import type { KeyedProcessContext, KeyedProcessFunction, TimerContext } from '../../src/api/functions.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import { listState, mapState, type ValueState, valueState } from '../../src/api/state.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { createKeyedProcessProcessor } from '../../src/transforms/keyed-process.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import {
  advanceWatermark,
  batchOf,
  budgetOf,
  drive,
  type FakeContext,
  fakeContext,
  finish,
  type RecordIn,
} from './support.ts';

type Key = string | number;
type Context = KeyedProcessContext<Key>;
type Output = { emit(value: unknown, timestampMs?: number): void };

const open = async (
  user: KeyedProcessFunction<Key, unknown, unknown>,
  context: FakeContext = fakeContext(),
): Promise<Processor> => {
  const processor = createKeyedProcessProcessor(
    { kind: 'keyedProcess', function: user as KeyedProcessFunction<unknown, unknown, unknown> },
    context,
  );
  await processor.open?.();
  return processor;
};

const record = (key: Key, value: unknown = key, timestampMs?: number): RecordIn =>
  timestampMs === undefined ? { key, value } : { key, value, timestampMs };

/** Counts the records of each key. */
class Counter implements KeyedProcessFunction<Key, unknown, unknown> {
  private count: ValueState<number, number> | undefined;

  open(runtime: { state(descriptor: unknown): unknown }): void {
    this.count = runtime.state(valueState('count', { default: 0, type: 'number' })) as ValueState<
      number,
      number
    >;
  }

  process(_: unknown, context: Context, output: Output): void {
    const { count } = this;
    if (count === undefined) return;
    count.update(count.value() + 1);
    output.emit([context.key, count.value()]);
  }
}

describe('state of a key', () => {
  it('belongs to the key of the record in hand', async () => {
    const context = fakeContext();
    const processor = await open(new Counter(), context);
    drive(processor, context, [record('a'), record('b'), record('a'), record('a'), record('b')], 2);
    expect(context.main.values).toEqual([
      ['a', 1],
      ['b', 1],
      ['a', 2],
      ['a', 3],
      ['b', 2],
    ]);
  });

  it('tells numbers from their texts', async () => {
    const context = fakeContext();
    const processor = await open(new Counter(), context);
    drive(processor, context, [record(1), record('1'), record(1)]);
    expect(context.main.values).toEqual([
      [1, 1],
      ['1', 1],
      [1, 2],
    ]);
  });

  it('goes with its key group to another slot, timers included', async () => {
    const user = (): KeyedProcessFunction<Key, unknown, unknown> =>
      Object.assign(new Counter(), {
        process(this: Counter, value: unknown, context: Context, output: Output): void {
          Counter.prototype.process.call(this, value, context, output);
          context.timers.registerEventTimeTimer(100);
        },
        onTimer: (timestampMs: number, context: Context, output: Output) =>
          output.emit(['timer', context.key, timestampMs]),
      });
    const [here, there] = [fakeContext(), fakeContext()];
    const [from, to] = [await open(user(), here), await open(user(), there)];
    const keys = Array.from({ length: 50 }, (_, i) => i);
    drive(
      from,
      here,
      keys.map((key) => record(key)),
    );
    for (let group = 0; group < 128; group += 2) {
      const bytes = from.exportKeyGroup?.(group);
      if (bytes === undefined) continue;
      to.importKeyGroup?.(group, bytes);
      from.dropKeyGroup?.(group);
    }
    here.main.take();
    advanceWatermark(from, 100);
    advanceWatermark(to, 100);
    const fired = (values: readonly unknown[]): number[] =>
      values.map((value) => (value as [string, number])[1]);
    const [stayed, moved] = [fired(here.main.take()), fired(there.main.take())];
    expect([...stayed, ...moved].toSorted((a, b) => a - b)).toEqual(keys);
    expect(stayed.length).toBeGreaterThan(0);
    expect(moved.length).toBeGreaterThan(0);
    drive(
      to,
      there,
      moved.map((key) => record(key)),
    );
    expect(there.main.take()).toEqual(moved.map((key) => [key, 2]));
    drive(
      from,
      here,
      moved.map((key) => record(key)),
    );
    expect(here.main.take()).toEqual(moved.map((key) => [key, 1]));
  });
});

/** Registers the timers that a record names, and tells what fires. */
class Alarms implements KeyedProcessFunction<Key, unknown, unknown> {
  process(value: unknown, { timers }: Context): void {
    const {
      event = [],
      processing = [],
      cancel = [],
    } = value as {
      event?: readonly number[];
      processing?: readonly number[];
      cancel?: readonly number[];
    };
    for (const timeMs of event) timers.registerEventTimeTimer(timeMs);
    for (const timeMs of processing) timers.registerProcessingTimeTimer(timeMs);
    for (const timeMs of cancel) {
      timers.deleteEventTimeTimer(timeMs);
      timers.deleteProcessingTimeTimer(timeMs);
    }
  }

  onTimer(timestampMs: number, context: TimerContext<Key>, output: Output): void {
    output.emit([context.key, context.timeDomain, timestampMs]);
  }
}

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

describe('a record or timer that fails', () => {
  const side = outputTag<unknown>('side');

  class Fragile implements KeyedProcessFunction<Key, unknown, unknown> {
    private states:
      | { list: { add(value: unknown): void; get(): readonly unknown[] }; map: Map<unknown, unknown> }
      | undefined;

    open(runtime: { state(descriptor: unknown): unknown }): void {
      this.states = {
        list: runtime.state(listState('list')),
        map: runtime.state(mapState('map')),
      } as never;
    }

    process(value: unknown, context: Context, output: Output): void {
      const { list } = this.states as NonNullable<typeof this.states>;
      list.add(value);
      context.timers.registerEventTimeTimer(value as number);
      output.emit(value);
      context.emitTo(side, value);
      if ((value as number) < 0) throw new Error('negative');
      output.emit([...list.get()]);
    }

    onTimer(timestampMs: number, context: Context, output: Output): void {
      const { list } = this.states as NonNullable<typeof this.states>;
      list.add(`t${timestampMs}`);
      context.timers.registerEventTimeTimer(timestampMs + 1000);
      output.emit([...list.get()]);
      if (timestampMs === 13) throw new Error('unlucky');
    }
  }

  it('leaves no state, timer or result behind', async () => {
    const context = fakeContext({ policy: 'drop' });
    const processor = await open(new Fragile(), context);
    drive(processor, context, [record('a', 1), record('a', -5), record('b', -6), record('a', 2)]);
    expect(context.main.take()).toEqual([1, [1], 2, [1, 2]]);
    expect(context.sideOutput('side').values).toEqual([1, 2]);
    expect(context.failed.map(({ record: failed }) => failed)).toEqual([-5, -6]);
    advanceWatermark(processor, 100);
    expect(context.main.take()).toEqual([
      [1, 2, 't1'],
      [1, 2, 't1', 't2'],
    ]);
  });

  it('tells the policy the key and time of a timer, which is gone, and goes on with the next', async () => {
    const context = fakeContext({ policy: 'drop' });
    const processor = await open(new Fragile(), context);
    drive(processor, context, [record('a', 13), record('a', 14), { watermarkMs: 100 }]);
    expect(context.failed).toMatchObject([{ record: { key: 'a', timerMs: 13 }, timestampMs: 13 }]);
    expect(context.main.values.at(-1)).toEqual([13, 14, 't14']);
    advanceWatermark(processor, 1013);
    expect(context.main.values.at(-1)).toEqual([13, 14, 't14']);
    advanceWatermark(processor, 1014);
    expect(context.main.values.at(-1)).toEqual([13, 14, 't14', 't1014']);
  });

  it('fails the job where the policy says so', async () => {
    const context = fakeContext();
    const processor = await open(new Fragile(), context);
    drive(processor, context, [record('a', 13)]);
    expect(() => drive(processor, context, [record('a', -1)])).toThrow('negative');
    expect(() => advanceWatermark(processor, 100)).toThrow('unlucky');
  });
});

describe('what is refused', () => {
  it('refuses a promise from process and from onTimer', async () => {
    const waits = { process: async () => undefined } as unknown as KeyedProcessFunction<
      Key,
      unknown,
      unknown
    >;
    const context = fakeContext();
    const processor = await open(waits, context);
    expect(() => drive(processor, context, [record('a')])).toThrow('“process” of the transform “under-test”');
    const timer = {
      process: (_: unknown, { timers }: Context) => timers.registerEventTimeTimer(1),
      onTimer: async () => undefined,
    } as unknown as KeyedProcessFunction<Key, unknown, unknown>;
    const other = fakeContext();
    const withTimer = await open(timer, other);
    drive(withTimer, other, [record('a')]);
    expect(() => advanceWatermark(withTimer, 1)).toThrow('“onTimer”');
  });

  it('refuses two kinds of state under one name', async () => {
    const user: KeyedProcessFunction<Key, unknown, unknown> = {
      open: (runtime) => {
        runtime.state(valueState('same'));
        runtime.state(listState('same'));
      },
      process: () => undefined,
    };
    await expect(open(user)).rejects.toThrow('same');
  });

  it('refuses state that is written while no key is in hand', async () => {
    const user: KeyedProcessFunction<Key, unknown, unknown> = {
      open: (runtime) => runtime.state(valueState<number>('early')).update(1),
      process: () => undefined,
    };
    await expect(open(user)).rejects.toThrow('no key was in hand');
  });

  it('refuses a batch without keys', async () => {
    const processor = await open(new Counter());
    expect(() => processor.process(batchOf([{ value: 1 }]), 0)).toThrow('without keys');
  });
});
