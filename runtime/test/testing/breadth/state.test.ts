import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import {
  aggregatingState,
  approximateCountDistinct,
  average,
  collectAll,
  count,
  countDistinct,
  type DataStream,
  first,
  type KeyedProcessFunction,
  last,
  listState,
  mapState,
  maximum,
  minimum,
  monotonousTimestamps,
  outputTag,
  quantiles,
  reducingState,
  type StreamEnvironment,
  type SubtaskListState,
  sum,
  topN,
  tumbling,
  valueState,
} from '../../../src/index.ts';
import { createHarness, executeAndCollect, runJob } from '../../../src/testing/index.ts';
import { expectEverywhere, expectInOrder } from './everywhere.ts';

const letters = ['a', 'b', 'a', 'c', 'a', 'b'];
const stream = (env: StreamEnvironment): DataStream<string> => env.fromSource(collection(letters));

/** A function that keeps every kind of state about its key, and tells all of it. */
const everyKind = (): KeyedProcessFunction<string, string, readonly unknown[]> => {
  const open = (
    context: Parameters<NonNullable<KeyedProcessFunction<string, string, unknown>['open']>>[0],
  ) => ({
    number: context.state(valueState<number>('number', { default: 0, type: 'number' })),
    text: context.state(valueState<string>('text')),
    list: context.state(listState<number>('list')),
    map: context.state(mapState<string, number>('map')),
    longest: context.state(
      reducingState<string>('longest', (left, right) => (left.length >= right.length ? left : right)),
    ),
    mean: context.state(
      aggregatingState<number, { n: number; total: number }, number>('mean', {
        create: () => ({ n: 0, total: 0 }),
        add: ({ n, total }, value) => ({ n: n + 1, total: total + value }),
        result: ({ n, total }) => total / n,
      }),
    ),
  });
  let state: ReturnType<typeof open> | undefined;
  return {
    open: (context) => {
      state = open(context);
    },
    process(letter, _context, output) {
      if (state === undefined) return;
      const { number, text, list, map, longest, mean } = state;
      number.update(number.value() + 1);
      text.update(`${text.value() ?? ''}${letter}`);
      list.add(number.value());
      map.put(`x${number.value() % 2}`, number.value());
      longest.add(letter.repeat(number.value() % 3));
      mean.add(number.value());
      output.emit([
        letter,
        number.value(),
        text.value(),
        [...list.get()],
        [...map.entries()],
        longest.get(),
        mean.get(),
      ]);
    },
  };
};

describe('the state of a key', () => {
  it('is of every kind, and each key has its own', async () => {
    await expectEverywhere(
      (env) =>
        stream(env)
          .keyBy((letter) => letter)
          .process(everyKind()),
      [
        ['a', 1, 'a', [1], [['x1', 1]], 'a', 1],
        [
          'a',
          2,
          'aa',
          [1, 2],
          [
            ['x1', 1],
            ['x0', 2],
          ],
          'aa',
          1.5,
        ],
        [
          'a',
          3,
          'aaa',
          [1, 2, 3],
          [
            ['x1', 3],
            ['x0', 2],
          ],
          'aa',
          2,
        ],
        ['b', 1, 'b', [1], [['x1', 1]], 'b', 1],
        [
          'b',
          2,
          'bb',
          [1, 2],
          [
            ['x1', 1],
            ['x0', 2],
          ],
          'bb',
          1.5,
        ],
        ['c', 1, 'c', [1], [['x1', 1]], 'c', 1],
      ],
    );
  });

  it('may have a time to live', async () => {
    const seen = valueState<boolean>('seen', { ttl: { after: '1m', refreshOn: 'create' } });
    const harness = await createHarness((words: DataStream<string>) => {
      let state: { value(): boolean | undefined; update(value: boolean): void } | undefined;
      return words
        .keyBy((word) => word)
        .process<string>({
          open: (context) => {
            state = context.state(seen);
          },
          process: (word, _context, output) => {
            if (state?.value() === undefined) output.emit(word);
            state?.update(true);
          },
        });
    });
    await harness.push('a');
    await harness.advanceTime(59_000);
    await harness.push('a');
    expect(harness.takeValues()).toEqual(['a']);
    await harness.advanceTime(2000);
    await harness.push('a');
    expect(harness.takeValues()).toEqual(['a']);
  });

  it('of an unknown kind is refused by name', async () => {
    const job = (env: StreamEnvironment): DataStream<string> =>
      stream(env)
        .keyBy((letter) => letter)
        .process<string>({
          open: (context) => void context.state({ kind: 'queue', name: 'waiting' } as never),
          process: () => undefined,
        });
    await expect(executeAndCollect(job)).rejects.toThrow(/queue|waiting/);
  });
});

describe('state without a key', () => {
  it('is a list of the subtask, or of all', async () => {
    const job = (env: StreamEnvironment) => {
      let own: SubtaskListState<string> | undefined;
      let all: SubtaskListState<string> | undefined;
      return stream(env).process<number>({
        open: (context) => {
          own = context.listState(listState<string>('own'));
          all = context.unionListState(listState<string>('all'));
        },
        process: (letter, _context, output) => {
          own?.add(letter);
          all?.update([...(all.get() ?? []), letter]);
          output.emit((own?.get().length ?? 0) * 10 + (all?.get().length ?? 0));
        },
      });
    };
    await expectInOrder(job, [11, 22, 33, 44, 55, 66]);
  });
});

describe('built-in aggregates', () => {
  it('are all there, in windows and as running results', async () => {
    const values = [3, 1, 2, 2, 8].map((n, i) => ({ n, name: `r${i}`, time: i }));
    type Value = (typeof values)[number];
    const aggregates = {
      n: count(),
      total: sum<Value>('n'),
      mean: average<Value>('n'),
      least: minimum<Value>('n'),
      most: maximum<Value>('n'),
      opening: first<Value, 'name'>('name'),
      closing: last<Value, 'name'>('name'),
      kinds: countDistinct<Value>('n'),
      about: approximateCountDistinct<Value>('n'),
      best: topN<Value>(2, 'n'),
      middle: quantiles<Value>('n', [0.5]),
      names: collectAll<Value, 'name'>('name'),
    } as const;
    const source = (env: StreamEnvironment): DataStream<Value> =>
      env.fromSource(collection(values), monotonousTimestamps<Value>().withTimestamps('time'));
    const expected = {
      n: 5,
      total: 16,
      mean: 3.2,
      least: 1,
      most: 8,
      opening: 'r0',
      closing: 'r4',
      kinds: 4,
      about: 4,
      best: [values[4], values[0]],
      names: ['r0', 'r1', 'r2', 'r3', 'r4'],
    };
    const [windowed] = await executeAndCollect((env) =>
      source(env).windowAll(tumbling('1s')).aggregate(aggregates),
    );
    expect(windowed).toMatchObject({ windowStart: 0, windowEnd: 1000, ...expected });
    expect(windowed?.middle[0]).toBeCloseTo(2, 1);
    const running = await executeAndCollect((env) =>
      source(env)
        .keyBy(() => 'all')
        .aggregate(aggregates),
    );
    expect(running.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
    expect(running.at(-1)).toMatchObject({ key: 'all', ...expected });
  });
});

describe('a function', () => {
  it('is opened with what it is to know, counts, and is closed', async () => {
    const calls: string[] = [];
    const result = await runJob(
      (env) => {
        stream(env)
          .map({
            open: ({ jobName, transformName, subtask, parallelism, attempt, args, metrics }) => {
              calls.push([jobName, transformName, subtask, parallelism, attempt, args['who']].join(' '));
              metrics.counter('letters').increment(5);
              metrics.gauge('height').set(7);
              metrics.histogram('spread').record(3);
            },
            map: (letter: string) => letter,
            close: () => void calls.push('closed'),
          })
          .name('looker')
          .sinkTo({
            kind: 'nowhere',
            delivery: 'none',
            createWriter: () => ({ write: () => undefined, flush: () => undefined, close: () => undefined }),
          });
      },
      { args: { who: 'me' } },
    );
    expect(calls).toEqual(['test looker 0 1 1 me', 'closed']);
    expect(result.metrics?.groups['looker']).toMatchObject({ counters: { letters: 5 } });
  });

  it('is closed also when the job fails', async () => {
    let closed = false;
    const failing = executeAndCollect((env) =>
      stream(env).map({
        map: (): string => {
          throw new Error('no');
        },
        close: () => {
          closed = true;
        },
      }),
    );
    await expect(failing).rejects.toThrow('no');
    expect(closed).toBe(true);
  });

  it('sets timers by either clock, and deletes them', async () => {
    const tag = outputTag<string>('fired');
    const harness = await createHarness(
      (words: DataStream<string>) =>
        words
          .keyBy((word) => word)
          .process<string>({
            process: (word, { timers }) => {
              timers.registerEventTimeTimer(10);
              timers.registerProcessingTimeTimer(1000);
              if (word !== 'quiet') return;
              timers.deleteEventTimeTimer(10);
              timers.deleteProcessingTimeTimer(1000);
            },
            onTimer: (timeMs, context) =>
              context.emitTo(tag, `${context.key} ${context.timeDomain} ${timeMs}`),
          }),
      { sideOutputs: [tag] },
    );
    for (const word of ['a', 'quiet', 'a']) await harness.push(word, 1);
    expect(harness.timers()).toEqual({ event: 1, processing: 1 });
    await harness.pushWatermark(10);
    await harness.advanceTime(1000);
    expect(harness.sideOutput(tag).map(({ value }) => value)).toEqual(['a event 10', 'a processing 1000']);
  });
});
