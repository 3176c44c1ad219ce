import { describe, expect, it } from 'vitest';
import type { KeyedProcessFunction, RuntimeContext } from '../../src/api/functions.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import { type ListState, listState, valueState } from '../../src/api/state.ts';
import { type Context, Counter, type Key, type Output, open, record } from './keyed-rig.ts';
import { advanceWatermark, batchOf, drive, fakeContext } from './support.ts';

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

describe('a record or timer that fails', () => {
  const side = outputTag<unknown>('side');

  class Fragile implements KeyedProcessFunction<Key, unknown, unknown> {
    private list: ListState<unknown> | undefined;

    open(runtime: RuntimeContext): void {
      this.list = runtime.state(listState<unknown>('list'));
    }

    process(value: unknown, context: Context, output: Output): void {
      const list = this.list as ListState<unknown>;
      list.add(value);
      context.timers.registerEventTimeTimer(value as number);
      output.emit(value);
      context.emitTo(side, value);
      if ((value as number) < 0) throw new Error('negative');
      output.emit([...list.get()]);
    }

    onTimer(timestampMs: number, context: Context, output: Output): void {
      const list = this.list as ListState<unknown>;
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
