import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Aggregates,
  approximateCountDistinct,
  average,
  collectAll,
  count,
  countDistinct,
  first,
  last,
  maximum,
  minimum,
  quantiles,
  sum,
  topN,
} from '../../src/api/aggregates.ts';
import type {
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  ReduceFunction,
  RuntimeContext,
} from '../../src/api/functions.ts';
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateAccess,
  valueState,
} from '../../src/api/state.ts';
import type { WindowSettings } from '../../src/api/transform.ts';
import { continuousProcessingTimeTrigger, countTrigger } from '../../src/api/triggers.ts';
import { globalWindow, session, sliding, tumbling } from '../../src/api/windows.ts';
import { createAggregateProcessor } from '../../src/transforms/aggregate.ts';
import { createIntervalJoinProcessor, createWindowJoinProcessor } from '../../src/transforms/join/index.ts';
import { createKeyedCoProcessProcessor } from '../../src/transforms/keyed-co-process.ts';
import { createKeyedProcessProcessor } from '../../src/transforms/keyed-process.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { createReduceProcessor } from '../../src/transforms/reduce.ts';
import { createWindowProcessor } from '../../src/transforms/window/index.ts';
import { type Create, type Deal, groupCount, outputOfOwners } from './owners.ts';
import { drive, type FakeContext, fakeContext, type Input } from './support.ts';
import { sorted } from './window/model.ts';

interface Value {
  readonly amount: number;
}

const opened = async (processor: Processor): Promise<Processor> => {
  await processor.open?.();
  return processor;
};

/** Keeps every kind of state and a timer of either clock, and tells all of it for each record and timer. */
class Everything
  implements
    KeyedProcessFunction<unknown, unknown, unknown>,
    KeyedCoProcessFunction<unknown, unknown, unknown, unknown>
{
  private state: ReturnType<Everything['stateOf']> | undefined;

  open(context: RuntimeContext): void {
    this.state = this.stateOf(context);
  }

  process(
    value: unknown,
    context: Parameters<KeyedProcessFunction<unknown, unknown, unknown>['process']>[1],
    output: { emit(value: unknown): void },
  ): void {
    const { amount } = value as Value;
    const state = this.state as NonNullable<typeof this.state>;
    state.times.update(state.times.value() + 1);
    state.last.update({ amount });
    state.list.add(amount);
    if (state.times.value() % 5 === 0) state.list.update([0]);
    state.map.put(amount % 3, amount);
    state.total.add(amount);
    state.mean.add(amount);
    context.timers.registerEventTimeTimer((context.timestampMs ?? 0) + 10);
    if (amount > 0) context.timers.registerProcessingTimeTimer(context.processingTimeMs + amount);
    if (amount === -1) context.timers.deleteEventTimeTimer((context.timestampMs ?? 0) + 10);
    output.emit(this.told(context.key));
  }

  process1(
    value: unknown,
    context: Parameters<Everything['process']>[1],
    output: { emit(value: unknown): void },
  ): void {
    this.process(value, context, output);
  }

  process2(
    value: unknown,
    context: Parameters<Everything['process']>[1],
    output: { emit(value: unknown): void },
  ): void {
    this.process({ amount: (value as Value).amount + 100 }, context, output);
  }

  onTimer(
    timeMs: number,
    context: { readonly key: unknown; readonly timeDomain: string },
    output: { emit(value: unknown): void },
  ): void {
    output.emit([context.timeDomain, timeMs, this.told(context.key)]);
    if (timeMs % 2 === 0) this.state?.map.clear();
  }

  private told(key: unknown): unknown {
    const state = this.state as NonNullable<typeof this.state>;
    return [
      key,
      state.times.value(),
      state.last.value(),
      [...state.list.get()],
      [...state.map.entries()],
      state.total.get(),
      state.mean.get(),
    ];
  }

  private stateOf(access: StateAccess) {
    return {
      times: access.state(valueState<number>('times', { default: 0, type: 'number' })),
      last: access.state(valueState<Value>('last')),
      list: access.state(listState<number>('list')),
      map: access.state(mapState<number, number>('map')),
      total: access.state(reducingState<number>('total', (left, right) => left * 2 + right)),
      mean: access.state(
        aggregatingState<number, readonly number[], number>('mean', {
          create: () => [],
          add: (seen, value) => [...seen, value],
          result: (seen) => seen.reduce((left, right) => left + right, 0) / seen.length,
        }),
      ),
    };
  }
}

const aggregates: Aggregates<Value> = {
  records: count(),
  total: sum<Value>('amount'),
  mean: average<Value>('amount'),
  least: minimum<Value>('amount'),
  most: maximum<Value>('amount'),
  opening: first((value: Value) => value.amount),
  closing: last((value: Value) => value.amount),
  distinct: countDistinct<Value>('amount'),
  about: approximateCountDistinct<Value>('amount'),
  best: topN(3, (value: Value) => value.amount),
  middle: quantiles<Value>('amount', [0, 0.5, 1]),
  all: collectAll((value: Value) => value.amount),
};

const windows =
  (rest: Partial<WindowSettings>): Create =>
  (context) => {
    const window: WindowSettings = {
      assigner: tumbling(20),
      allowedLatenessMs: 10,
      lateOutput: 'late',
      aggregation: { kind: 'builtIn', aggregates },
      keyed: true,
      ...rest,
    };
    return createWindowProcessor({ kind: 'window', window }, context);
  };

const join = (left: unknown, right: unknown): unknown => [left, right];

const processors: Readonly<Record<string, Create>> = {
  'a keyed process function': (context) =>
    opened(createKeyedProcessProcessor({ kind: 'keyedProcess', function: new Everything() }, context)),
  'a keyed process function over two streams': (context) =>
    opened(createKeyedCoProcessProcessor({ kind: 'keyedCoProcess', function: new Everything() }, context)),
  'a reduce': (context) => {
    const reduce: ReduceFunction<unknown> = (left, right) => ({
      amount: (left as Value).amount * 3 + (right as Value).amount,
    });
    return opened(createReduceProcessor({ kind: 'reduce', function: reduce }, context));
  },
  'running aggregates': (context) =>
    createAggregateProcessor({ kind: 'aggregate', aggregates: aggregates as Aggregates<never> }, context),
  'windows by event time': windows({ assigner: sliding(20, 10) }),
  'windows by the clock': windows({ assigner: tumbling(20, { time: 'processing' }) }),
  sessions: windows({ assigner: session(10) }),
  'sessions by the clock': windows({ assigner: session(10, { time: 'processing' }) }),
  'a global window': windows({ assigner: globalWindow(), trigger: countTrigger(3), lateOutput: undefined }),
  'windows that fire by the clock': windows({ trigger: continuousProcessingTimeTrigger(5) }),
  'a window join': (context) =>
    createWindowJoinProcessor(
      {
        kind: 'windowJoin',
        join: { assigner: sliding(20, 10), allowedLatenessMs: 5, lateOutput: 'late', join },
      },
      context,
    ),
  'a coGroup': (context) =>
    createWindowJoinProcessor(
      {
        kind: 'windowJoin',
        join: {
          assigner: session(10),
          allowedLatenessMs: 0,
          coGroup: (left, right, output) => output.emit([[...left], [...right]]),
        },
      },
      context,
    ),
  ...Object.fromEntries(
    (['inner', 'left', 'right', 'full'] as const).map((type): [string, Create] => [
      `a ${type} interval join`,
      (context) =>
        createIntervalJoinProcessor(
          {
            kind: 'intervalJoin',
            join: { type, lowerMs: -8, upperMs: 12, lowerInclusive: false, upperInclusive: true, join },
          },
          context,
        ),
    ]),
  ),
};

const keys: readonly unknown[] = ['a', 'b', 'c', 1, 1n, null, { deep: [1] }, [], NaN, '\uD800'];

const inputs: fc.Arbitrary<readonly Input[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('record', 'record', 'record', 'record', 'watermark', 'clock'),
      key: fc.constantFrom(...keys),
      amount: fc.integer({ min: -2, max: 6 }),
      aheadMs: fc.nat(6),
      behindMs: fc.constantFrom(0, 0, 3, 9, 30),
      port: fc.constantFrom(0, 1),
    }),
    { maxLength: 60, size: 'max' },
  )
  .map((drawn) => {
    let timeMs = 50;
    let clockMs = 0;
    return drawn.map(({ kind, key, amount, aheadMs, behindMs, port }): Input => {
      timeMs += aheadMs;
      if (kind === 'watermark') return { watermarkMs: timeMs - 12 };
      if (kind === 'clock') {
        clockMs += aheadMs;
        return { clockMs };
      }
      return { key, value: { amount }, timestampMs: timeMs - behindMs, port };
    });
  });

/** From one owner to two, then to three, then back to one that was none before. */
const deals: fc.Arbitrary<readonly Deal[]> = fc
  .tuple(
    fc.uniqueArray(fc.nat(60), { minLength: 3, maxLength: 3 }),
    fc.array(fc.nat(2), { minLength: groupCount, maxLength: groupCount }),
  )
  .map(([times, dealt]) => {
    const [toTwo = 0, toThree = 1, toOne = 2] = times.toSorted((a, b) => a - b);
    return [
      { at: toTwo, ownerOf: (group) => (dealt[group] as number) % 2 },
      { at: toThree, ownerOf: (group) => dealt[group] as number },
      { at: toOne, ownerOf: () => 2 },
    ];
  });

const withoutPorts = (list: readonly Input[]): readonly Input[] =>
  list.map((input) => ('key' in input ? { ...input, port: 0 } : input));

const read = (context: FakeContext): unknown[] => [
  ...context.main.records.splice(0),
  ...context.sideOutput('late').take(),
];

describe.each(Object.entries(processors))('%s', (name, create) => {
  const hasTwoInputs = /two streams|join|coGroup/.test(name);

  it('gives the same when one slot hands over to two, two to three, and all to the last', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, deals, async (drawn, dealt) => {
        const given = [
          ...(hasTwoInputs ? drawn : withoutPorts(drawn)),
          { watermarkMs: 500 },
          { clockMs: 500 },
        ];
        const context = fakeContext({ maxParallelism: groupCount });
        const alone = await create(context);
        const expected = given.map((input) => {
          drive(alone, context, [input]);
          return sorted(read(context).map(plain));
        });
        const output = await outputOfOwners(create, given, 3, dealt, read);
        expect(output.map((step) => sorted(step.map(plain)))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

/** As `sorted` can tell values apart: JSON knows no bigint, NaN or lone surrogate. */
const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, held]) => [field, plain(held)]));
};
