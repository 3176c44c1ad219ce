import { describe, expect, it } from 'vitest';
import { count } from '../../../src/api/aggregates.ts';
import type { RuntimeContext } from '../../../src/api/functions.ts';
import { outputTag } from '../../../src/api/output-tag.ts';
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateAccess,
  type ValueState,
  valueState,
} from '../../../src/api/state.ts';
import type { WindowContext, WindowFunction, WindowSettings } from '../../../src/api/transform.ts';
import { countTrigger } from '../../../src/api/triggers.ts';
import { countWindow, session, sliding, tumbling } from '../../../src/api/windows.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { drive, type FakeContext, fakeContext, finish, type RecordIn } from '../support.ts';

type AnyFunction = WindowFunction<unknown, unknown, unknown>;

const start = (
  rest: Partial<WindowSettings>,
  policy: 'fail' | 'drop' = 'fail',
): { context: FakeContext; processor: Processor } => {
  const context = fakeContext({ policy, nowMs: 1000 });
  const window: WindowSettings = {
    assigner: tumbling(10),
    allowedLatenessMs: 0,
    aggregation: { kind: 'collect' },
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

/** A function out of one call. */
const calling = (
  call: (values: readonly unknown[], context: WindowContext<unknown>, emit: (value: unknown) => void) => void,
): AnyFunction => ({
  process: (values, context, output) => {
    call(values, context, (value) => output.emit(value));
    return undefined;
  },
});

describe('a window function', () => {
  it('gets all records of a window in order of arrival, null and undefined too', () => {
    const { context, processor } = start({
      function: calling((values, _context, emit) => emit([...values])),
    });
    drive(processor, context, [
      at(5, 'b'),
      at(1, 'a'),
      at(7, null),
      { value: undefined, key: 'k', timestampMs: 6 },
      { watermarkMs: 9 },
    ]);
    expect(context.main.records).toEqual([{ value: ['b', 'a', null, undefined], timestampMs: 9 }]);
  });

  it('gets records of overlapping windows in order of arrival as well', () => {
    const { context, processor } = start({
      assigner: sliding(10, 5),
      function: calling((values, _context, emit) => emit(values.join(''))),
    });
    drive(processor, context, [at(12, 'a'), at(7, 'b'), at(11, 'c'), at(6, 'd')]);
    finish(processor);
    expect(context.main.values).toEqual(['bd', 'abcd', 'ac']);
  });

  it('gets the result of built-in aggregates as it would be emitted', () => {
    const { context, processor } = start({
      aggregation: { kind: 'builtIn', aggregates: { records: count() } },
      function: calling((values, _context, emit) => emit(values)),
    });
    drive(processor, context, [at(1), at(2), { watermarkMs: 9 }]);
    expect(context.main.values).toEqual([[{ key: 'k', windowStart: 0, windowEnd: 10, records: 2 }]]);
  });

  it('gets the result of a fold', () => {
    const reduce = (left: unknown, right: unknown): number => Number(left) + Number(right);
    const { context, processor } = start({
      assigner: session(10),
      aggregation: { kind: 'reduce', reduce },
      function: calling((values, { key, window }, emit) =>
        emit([key, window.startMs, window.endMs, ...values]),
      ),
    });
    drive(processor, context, [at(1), at(2), { watermarkMs: 100 }]);
    expect(context.main.values).toEqual([['k', 1, 12, 3]]);
  });

  it('sees key, window and both clocks, and emits to side outputs', () => {
    const seen: unknown[] = [];
    const tag = outputTag<string>('aside');
    const { context, processor } = start({
      function: calling((values, { key, window, watermarkMs, processingTimeMs }) => {
        seen.push([key, window, watermarkMs, processingTimeMs, values.length]);
      }),
    });
    const side = start({
      function: calling((_values, windowContext) => windowContext.emitTo(tag, 'note')),
    });
    drive(processor, context, [at(1, 0, 'a'), at(12, 0, 'b'), { watermarkMs: 30 }]);
    expect(seen).toEqual([
      ['a', { startMs: 0, endMs: 10 }, 30, 1000, 1],
      ['b', { startMs: 10, endMs: 20 }, 30, 1000, 1],
    ]);
    drive(side.processor, side.context, [at(1), { watermarkMs: 30 }]);
    expect(side.context.sideOutput('aside').records).toEqual([{ value: 'note', timestampMs: 9 }]);
  });

  it('has no key in windows over all records', () => {
    const { context, processor } = start({
      keyed: false,
      function: calling((values, { key }, emit) => emit([key, values.length])),
    });
    drive(processor, context, [
      { value: 1, timestampMs: 1 },
      { value: 2, timestampMs: 2 },
      { watermarkMs: 9 },
    ]);
    expect(context.main.values).toEqual([[undefined, 2]]);
  });

  it('is opened with state of the key, and closed', async () => {
    const calls: string[] = [];
    let firings: ValueState<number, number> | undefined;
    const { context, processor } = start({
      function: {
        open: (runtime: RuntimeContext) => {
          calls.push(`open ${runtime.transformName}`);
          firings = runtime.state(valueState<number>('firings', { default: 0 }));
        },
        process: (_values, { key }, output) => {
          firings!.update(firings!.value() + 1);
          output.emit([key, firings!.value()]);
          return undefined;
        },
        close: () => void calls.push('close'),
      },
    });
    await processor.open?.();
    drive(processor, context, [at(1, 0, 'a'), at(1, 0, 'b'), at(11, 0, 'a'), { watermarkMs: 30 }]);
    await processor.close?.();
    expect(context.main.values).toEqual([
      ['a', 1],
      ['b', 1],
      ['a', 2],
    ]);
    expect(calls).toEqual(['open under-test', 'close']);
  });

  it('that returns a promise is refused', () => {
    const { context, processor } = start({ function: { process: (async () => undefined) as never } });
    expect(() => drive(processor, context, [at(1), { watermarkMs: 9 }])).toThrow('returned a promise');
    const reduce = (async () => 1) as never;
    const folding = start({ aggregation: { kind: 'reduce', reduce } });
    expect(() => drive(folding.processor, folding.context, [at(1), at(2)])).toThrow(
      '“reduce” of the transform',
    );
  });

  it('that fails leaves neither results nor state of that window, and the others go on', () => {
    const firings = valueState<number>('firings', { default: 0 });
    const { context, processor } = start(
      {
        function: calling((values, windowContext, emit) => {
          const state = windowContext.globalState.state(firings);
          state.update(state.value() + 1);
          windowContext.windowState.state(firings).update(1);
          emit(`${values.join()} at ${state.value()}`);
          if (values.includes('bad')) throw new Error('no');
        }),
      },
      'drop',
    );
    drive(processor, context, [at(1, 'a'), at(11, 'bad'), at(21, 'b'), { watermarkMs: 100 }]);
    expect(context.main.values).toEqual(['a at 1', 'b at 2']);
    expect(context.failed.map(({ record }) => record)).toEqual([
      { key: 'k', window: { startMs: 10, endMs: 20 }, values: ['bad'] },
    ]);
  });
});

/** Uses each kind of state once a firing and says what was there before. */
const allStates = (access: StateAccess, n: number): unknown[] => {
  const value = access.state(valueState<number>('value', { default: 0 }));
  const list = access.state(listState<number>('list'));
  const map = access.state(mapState<unknown, number>('map'));
  const reducing = access.state(reducingState<number>('reducing', (left, right) => left + right));
  const aggregating = access.state(
    aggregatingState<number, { sum: number }, string>('aggregating', {
      create: () => ({ sum: 0 }),
      add: (accumulator, added) => ({ sum: accumulator.sum + added }),
      result: ({ sum }) => `sum ${sum}`,
    }),
  );
  const before = [
    value.value(),
    [...list.get()],
    [...map.entries()],
    map.has(['key']),
    map.isEmpty(),
    reducing.get(),
    aggregating.get(),
  ];
  value.update(value.value() + n);
  list.addAll([n]);
  map.put(['key'], n);
  map.put(n, n);
  reducing.add(n);
  aggregating.add(n);
  return before;
};

describe('state of a window function', () => {
  const empty = [0, [], [], false, true, undefined, undefined];
  const usedBefore = (n: number): unknown[] => [
    n,
    [n],
    [
      [['key'], n],
      [n, n],
    ],
    true,
    false,
    n,
    `sum ${n}`,
  ];

  it.each([
    ['on the fast path', undefined],
    ['on the general path', countTrigger(1)],
  ])('belongs to the window or to the key %s', (_, trigger) => {
    const { context, processor } = start({
      allowedLatenessMs: 20,
      ...(trigger === undefined ? {} : { trigger }),
      function: calling((values, { window, windowState, globalState }, emit) => {
        const n = values.length;
        emit([window.startMs, allStates(windowState, n), allStates(globalState, n)]);
      }),
    });
    drive(processor, context, [{ watermarkMs: 25 }, at(12), at(22)]);
    if (trigger === undefined) drive(processor, context, [{ watermarkMs: 29 }]);
    expect(context.main.take()).toEqual([
      [10, empty, empty],
      [20, empty, usedBefore(1)],
    ]);
    drive(processor, context, [at(13)]);
    expect(context.main.take().map((value) => (value as unknown[]).slice(0, 2))).toEqual([
      [10, usedBefore(1)],
    ]);
  });

  it('of a window goes when the window is over', () => {
    for (const rest of [{}, { trigger: countTrigger(1) }, { assigner: sliding(10, 5) }]) {
      const { context, processor } = start({
        ...rest,
        function: calling((_values, { windowState }) => windowState.state(valueState<number>('n')).update(1)),
      });
      drive(processor, context, [at(1), at(12), at(30), { watermarkMs: 25 }]);
      const { output } = processor as unknown as { output: { panes: { size: number } } };
      expect(output.panes.size).toBeLessThanOrEqual(1);
      drive(processor, context, [{ watermarkMs: 50 }]);
      expect(output.panes.size).toBe(0);
    }
  });

  it('may be cleared, and lists and maps changed', () => {
    const seen: unknown[] = [];
    const { context, processor } = start({
      assigner: countWindow(1),
      function: calling((_values, { windowState }) => {
        const list = windowState.state(listState<number>('list'));
        list.update([1, 2]);
        list.add(3);
        const map = windowState.state(mapState<string, number>('map'));
        map.put('a', 1);
        map.put('b', 2);
        map.delete('a');
        map.delete('missing');
        seen.push([list.get(), [...map.keys()], [...map.values()], map.get('b')]);
        list.clear();
        map.clear();
        seen.push([list.get(), map.isEmpty()]);
      }),
    });
    drive(processor, context, [at(1)]);
    expect(seen).toEqual([
      [[1, 2, 3], ['b'], [2], 2],
      [[], true],
    ]);
  });

  it('of windows that merge is refused, and so is a time to live of a window', () => {
    const merging = start({
      assigner: session(10),
      function: calling((_values, { windowState }) => void windowState.state(valueState('n'))),
    });
    expect(() => drive(merging.processor, merging.context, [at(1), { watermarkMs: 50 }])).toThrow(
      'its windows merge',
    );
    const timed = start({
      function: calling(
        (_values, { windowState }) => void windowState.state(valueState('n', { ttl: { after: '1s' } })),
      ),
    });
    expect(() => drive(timed.processor, timed.context, [at(1), { watermarkMs: 50 }])).toThrow(
      'has a time to live',
    );
  });
});
