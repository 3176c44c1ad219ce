import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import {
  broadcastState,
  type Collector,
  col,
  count,
  type DataStream,
  outputTag,
  type StreamEnvironment,
  sum,
} from '../../../src/index.ts';
import { executeAndCollect } from '../../../src/testing/index.ts';
import { expectEverywhere, expectInOrder } from './everywhere.ts';

const numbers = (env: StreamEnvironment): DataStream<number> =>
  env.fromSource(collection([1, 2, 3, 4, 5, 6]));
interface Sale {
  readonly city: string;
  readonly price: number;
  readonly at: { readonly shop: number };
}
const sales: readonly Sale[] = [
  { city: 'Kyiv', price: 10, at: { shop: 1 } },
  { city: 'Oslo', price: 20, at: { shop: 2 } },
  { city: 'Kyiv', price: 30, at: { shop: 2 } },
];

describe('records one by one', () => {
  it('are mapped, filtered and multiplied', async () => {
    const twice = (n: number, output: Collector<number>): void => {
      output.emit(n);
      output.emit(n * 100);
    };
    await expectEverywhere(
      (env) =>
        numbers(env)
          .map((n) => n + 1)
          .filter((n) => n % 2 === 0)
          .flatMap(twice),
      [2, 4, 6, 200, 400, 600],
    );
  });

  it('are chosen and projected by expressions', async () => {
    await expectEverywhere(
      (env) =>
        env
          .fromSource(collection(sales))
          .where((sale) => sale.price.gt(10).and(sale.city.eq('Kyiv')))
          .select((sale) => ({ where: sale.city.upper(), cents: sale.price.mul(100) })),
      [{ where: 'KYIV', cents: 3000 }],
    );
    await expectEverywhere(
      (env) => env.fromSource(collection(sales)).where(col('price').le(10)).select('city'),
      [{ city: 'Kyiv' }],
    );
  });

  it('come together by union, and stay apart by side outputs', async () => {
    const odd = outputTag<number>('odd');
    await expectEverywhere(
      (env) => {
        const split = numbers(env).process<number>({
          process: (n, context, output) => (n % 2 === 0 ? output.emit(n) : context.emitTo(odd, n)),
        });
        return split.map((n) => n * 10).union(split.sideOutput(odd));
      },
      [1, 3, 5, 20, 40, 60],
    );
  });

  it('of two streams go through one function', async () => {
    const words = (env: StreamEnvironment): DataStream<string> => env.fromSource(collection(['a', 'b']));
    await expectEverywhere(
      (env) =>
        numbers(env)
          .connect(words(env))
          .map({ map1: (n) => `${n}`, map2: (word) => word }),
      ['1', '2', '3', '4', '5', '6', 'a', 'b'],
    );
    await expectEverywhere(
      (env) =>
        numbers(env)
          .connect(words(env))
          .flatMap<string>({
            flatMap1: () => undefined,
            flatMap2: (word, output) => {
              output.emit(word);
              output.emit(word);
            },
          }),
      ['a', 'a', 'b', 'b'],
    );
    await expectEverywhere(
      (env) =>
        numbers(env)
          .connect(words(env))
          .process<string>({
            process1: (n, _context, output) => (n > 5 ? output.emit(`${n}`) : undefined),
            process2: (word, _context, output) => output.emit(word),
          }),
      ['6', 'a', 'b'],
    );
  });
});

describe('keys', () => {
  const countBy = (key: (n: number) => unknown) => (env: StreamEnvironment) =>
    numbers(env)
      .keyBy(key)
      .aggregate({ seen: count() })
      .filter(({ seen }) => seen === 2)
      .map((result) => result.key);

  it.each([
    ['numbers', (n: number) => n % 3, [0, 1, 2]],
    ['strings', (n: number) => `k${n % 3}`, ['k0', 'k1', 'k2']],
    ['bigints', (n: number) => BigInt(n % 3), [0n, 1n, 2n]],
    ['booleans', (n: number) => n === 1 || n === 6, [true]],
    [
      'tuples',
      (n: number) => [n % 3, 'x'],
      [
        [0, 'x'],
        [1, 'x'],
        [2, 'x'],
      ],
    ],
    ['objects', (n: number) => ({ a: n % 3 }), [{ a: 0 }, { a: 1 }, { a: 2 }]],
    ['dates', (n: number) => new Date(n % 3), [new Date(0), new Date(1), new Date(2)]],
  ])('may be %s', async (name, key, expected) => {
    // Four of six numbers have the key false, which is seen twice on the way as well.
    await expectEverywhere(countBy(key), name === 'booleans' ? [...expected, false] : expected);
  });

  it('may be fields, several fields, and expressions', async () => {
    const totals = (env: StreamEnvironment): DataStream<Sale> => env.fromSource(collection(sales));
    const last = (expected: readonly object[]) => (build: (sale: DataStream<Sale>) => DataStream<object>) =>
      expectEverywhere((env) => build(totals(env)), expected);
    await last([
      { key: 'Kyiv', price: 10 },
      { key: 'Kyiv', price: 40 },
      { key: 'Oslo', price: 20 },
    ])((sale) => sale.keyBy('city').aggregate({ price: sum('price') }));
    await last([
      { key: ['Kyiv', 10], n: 1 },
      { key: ['Kyiv', 30], n: 1 },
      { key: ['Oslo', 20], n: 1 },
    ])((sale) => sale.keyBy('city', 'price').aggregate({ n: count() }));
    await last([
      { key: 'kyiv', n: 1 },
      { key: 'kyiv', n: 2 },
      { key: 'oslo', n: 1 },
    ])((sale) => sale.keyBy(col('city').lower()).aggregate({ n: count() }));
  });

  it('bring records together to be reduced', async () => {
    await expectInOrder(
      (env) =>
        numbers(env)
          .keyBy((n) => n % 2)
          .reduce((left, right) => left * 10 + right),
      [1, 2, 13, 24, 135, 246],
    );
  });
});

describe('rules that every subtask must know', () => {
  it('are broadcast, and read beside each record', async () => {
    const limits = broadcastState<string, number>('limits');
    await expectInOrder(
      (env) => {
        const rules = env.fromSource(collection([['least', 3] as const]));
        // The rules must be there first: the source of the records is read behind them.
        return numbers(env)
          .connect(rules.broadcast(limits))
          .process<string>({
            process: (n, context, output) =>
              n >= (context.broadcastState(limits).get('least') ?? 0) ? output.emit(`ok ${n}`) : undefined,
            processBroadcast: ([name, least], context, output) => {
              context.broadcastState(limits).put(name, least);
              output.emit(`${name} ${least}`);
            },
          })
          .filter((text) => text.startsWith('least'));
      },
      ['least 3'],
    );
  });

  it('reach every subtask once', async () => {
    const seen = broadcastState<string, boolean>('seen');
    const results = await executeAndCollect(
      (env) =>
        numbers(env)
          .connect(
            env
              .fromSource(collection(['rule']))
              .setParallelism(1)
              .broadcast(seen),
          )
          .process<string>({
            process: () => undefined,
            processBroadcast: (rule, context, output) => {
              context.broadcastState(seen).put(rule, true);
              output.emit(rule);
            },
          }),
      { parallelism: 3 },
    );
    expect(results).toEqual(['rule', 'rule', 'rule']);
  });
});

describe('partitioning', () => {
  const places = (spread: (stream: DataStream<number>) => DataStream<number>, parallelism = 3) =>
    executeAndCollect<readonly [number, number]>(
      (env) => {
        let subtask = -1;
        return spread(env.fromSource(collection([0, 1, 2, 3, 4, 5])).setParallelism(1)).map({
          open: (context) => {
            subtask = context.subtask;
          },
          map: (n) => [n, subtask] as const,
        });
      },
      { parallelism },
    );
  const bySubtask = async (spread: (stream: DataStream<number>) => DataStream<number>): Promise<number[]> => {
    const counts = [0, 0, 0];
    for (const [, subtask] of await places(spread)) counts[subtask] = (counts[subtask] ?? 0) + 1;
    return counts;
  };

  it('deals records out evenly', async () => {
    expect(await bySubtask((stream) => stream.rebalance())).toEqual([2, 2, 2]);
    expect(await bySubtask((stream) => stream.rescale())).toEqual([2, 2, 2]);
  });

  it('sends all to one, or each to all', async () => {
    expect(await bySubtask((stream) => stream.global())).toEqual([6, 0, 0]);
    expect(await bySubtask((stream) => stream.broadcast())).toEqual([6, 6, 6]);
  });

  it('sends each where a function says', async () => {
    const placed = await places((stream) =>
      stream.partitionCustom((n, parallelism) => (n * 2) % parallelism),
    );
    for (const [n, subtask] of placed) expect(subtask).toBe((n * 2) % 3);
    expect(placed).toHaveLength(6);
  });
});

describe('a transform', () => {
  it('may have a name, a uid, a parallelism and a place in its chain, without a change of results', async () => {
    await expectEverywhere(
      (env) =>
        numbers(env)
          .map((n) => n + 1)
          .name('plus one')
          .uid('plus-one')
          .setParallelism(1)
          .map((n) => n * 2)
          .startNewChain()
          .filter((n) => n > 4)
          .disableChaining(),
      [6, 8, 10, 12, 14],
    );
  });
});

describe('calls to the outside', () => {
  const later = <T>(turns: number, value: T): Promise<T> =>
    turns === 0
      ? Promise.resolve(value)
      : new Promise((resolve) => setImmediate(() => resolve(later(turns - 1, value))));

  it('keep the order of records when they shall', async () => {
    await expectInOrder(
      (env) => numbers(env).mapAsync({ call: (n) => later(7 - n, n * 10) }),
      [10, 20, 30, 40, 50, 60],
    );
  });

  it('may overtake each other, fail and be repeated, and give several results', async () => {
    let failures = 0;
    await expectEverywhere(
      (env) =>
        numbers(env).flatMapAsync({
          order: 'unordered',
          capacity: 2,
          retry: { times: 2, backoff: 1 },
          call: async (n) => {
            if (n === 3 && failures++ % 2 === 0) throw new Error('busy');
            return later(n % 3, n > 4 ? [n, n] : []);
          },
        }),
      [5, 5, 6, 6],
    );
    expect(failures).toBeGreaterThan(1);
  });

  it('look up by key, once for each key', async () => {
    const loads: string[] = [];
    const results = await executeAndCollect((env) =>
      env.fromSource(collection(sales)).lookup({
        key: 'city',
        load: (city) => {
          loads.push(city);
          return Promise.resolve(city === 'Kyiv' ? 'Ukraine' : undefined);
        },
        join: ({ price }, country) => ({ price, country }),
      }),
    );
    expect(results).toEqual([
      { price: 10, country: 'Ukraine' },
      { price: 20, country: undefined },
      { price: 30, country: 'Ukraine' },
    ]);
    expect(loads).toEqual(['Kyiv', 'Oslo']);
  });
});
