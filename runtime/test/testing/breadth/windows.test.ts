import { describe, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import {
  type AggregateFunction,
  average,
  boundedOutOfOrderness,
  collectAll,
  continuousEventTimeTrigger,
  count,
  countEvictor,
  countTrigger,
  cumulative,
  type DataStream,
  deltaTrigger,
  globalWindow,
  monotonousTimestamps,
  outputTag,
  purging,
  type StreamEnvironment,
  session,
  sliding,
  sum,
  tumbling,
  type WindowAssigner,
  type WindowedStream,
} from '../../../src/index.ts';
import { expectEverywhere, expectInOrder } from './everywhere.ts';
import { oneByOne } from './one-by-one.ts';

interface Reading {
  readonly sensor: string;
  readonly value: number;
  readonly time: number;
}

const reading = (sensor: string, value: number, time: number): Reading => ({ sensor, value, time });
const readings = [
  reading('a', 1, 1000),
  reading('b', 10, 2000),
  reading('a', 2, 6000),
  reading('a', 3, 11_000),
  reading('b', 20, 12_000),
  reading('a', 4, 31_000),
];
/** Read by one subtask: records of a key that come from several have no order among each other. */
const stream = (env: StreamEnvironment, given: readonly Reading[] = readings): DataStream<Reading> =>
  env.fromSource(collection(given), monotonousTimestamps<Reading>().withTimestamps('time')).setParallelism(1);

/** The values of each window as “sensor start-end: values”, in seconds. */
const contents = (windows: WindowedStream<string, Reading>): DataStream<string> =>
  windows.process((values, { key, window }, output) =>
    output.emit(
      `${key} ${window.startMs / 1000}-${window.endMs / 1000}: ${values.map(({ value }) => value).join(' ')}`,
    ),
  );

describe('windows by event time', () => {
  const cases: readonly (readonly [string, WindowAssigner, readonly string[]])[] = [
    ['tumbling', tumbling('10s'), ['a 0-10: 1 2', 'a 10-20: 3', 'a 30-40: 4', 'b 0-10: 10', 'b 10-20: 20']],
    [
      'tumbling with an offset',
      tumbling('10s', { offset: '5s' }),
      ['a -5-5: 1', 'a 5-15: 2 3', 'a 25-35: 4', 'b -5-5: 10', 'b 5-15: 20'],
    ],
    [
      'sliding',
      sliding('10s', '5s'),
      [
        'a -5-5: 1',
        'a 0-10: 1 2',
        'a 5-15: 2 3',
        'a 10-20: 3',
        'a 25-35: 4',
        'a 30-40: 4',
        'b -5-5: 10',
        'b 0-10: 10',
        'b 5-15: 20',
        'b 10-20: 20',
      ],
    ],
    [
      'cumulative',
      cumulative('5s', '20s'),
      [
        'a 0-5: 1',
        'a 0-10: 1 2',
        'a 0-15: 1 2 3',
        'a 0-20: 1 2 3',
        'a 20-35: 4',
        'a 20-40: 4',
        'b 0-5: 10',
        'b 0-10: 10',
        'b 0-15: 10 20',
        'b 0-20: 10 20',
      ],
    ],
    ['sessions', session('6s'), ['a 1-17: 1 2 3', 'a 31-37: 4', 'b 2-8: 10', 'b 12-18: 20']],
    [
      'sessions whose gap each record tells',
      session((value: Reading) => (value.value < 3 ? 6000 : 1000)),
      ['a 1-12: 1 2 3', 'a 31-32: 4', 'b 2-3: 10', 'b 12-13: 20'],
    ],
  ];

  it.each(cases)('may be %s', async (_name, assigner, expected) => {
    await expectEverywhere((env) => contents(stream(env).keyBy('sensor').window(assigner)), expected);
  });

  it('follow the days of a time zone', async () => {
    const day = (hour: number, date: number): number => Date.UTC(2026, 2, date, hour);
    // Clocks in Berlin go forward on 29 March 2026: that day has 23 hours.
    const given = [
      reading('a', 1, day(22, 28)),
      reading('a', 2, day(23, 28)),
      reading('a', 3, day(21, 29)),
      reading('a', 4, day(22, 29)),
    ];
    await expectEverywhere(
      (env) =>
        stream(env, given)
          .keyBy('sensor')
          .window(tumbling('1d', { timeZone: 'Europe/Berlin' }))
          .aggregate({ values: collectAll('value') })
          .map(({ values, windowStart, windowEnd }) => ({
            values,
            hours: (windowEnd - windowStart) / 3_600_000,
          })),
      [
        { values: [1], hours: 24 },
        { values: [2, 3], hours: 23 },
        { values: [4], hours: 24 },
      ],
    );
  });

  it('over all records have no key', async () => {
    await expectEverywhere(
      (env) =>
        stream(env)
          .windowAll(tumbling('20s'))
          .aggregate({ n: count(), total: sum('value') }),
      [
        { windowStart: 0, windowEnd: 20_000, n: 5, total: 36 },
        { windowStart: 20_000, windowEnd: 40_000, n: 1, total: 4 },
      ],
    );
  });
});

describe('windows by number', () => {
  it('fire when they are full', async () => {
    await expectInOrder(
      (env) =>
        stream(env)
          .keyBy('sensor')
          .countWindow(2)
          .process((values, { key }, output) =>
            output.emit(`${key}: ${values.map(({ value }) => value).join(' ')}`),
          ),
      ['a: 1 2', 'b: 10 20', 'a: 3 4'],
    );
  });

  it('slide over the last records', async () => {
    await expectInOrder(
      (env) =>
        stream(env)
          .filter(({ sensor }) => sensor === 'a')
          .keyBy('sensor')
          .countWindow(3, 1)
          .process((values, _context, output) => output.emit(values.map(({ value }) => value).join(' '))),
      ['1', '1 2', '1 2 3', '2 3 4'],
    );
  });
});

describe('what is made of a window', () => {
  const perSensor = (env: StreamEnvironment): WindowedStream<string, Reading> =>
    stream(env).keyBy('sensor').window(tumbling('1m'));

  it('may be built-in aggregates', async () => {
    await expectEverywhere(
      (env) => perSensor(env).aggregate({ n: count(), mean: average('value') }),
      [
        { key: 'a', windowStart: 0, windowEnd: 60_000, n: 4, mean: 2.5 },
        { key: 'b', windowStart: 0, windowEnd: 60_000, n: 2, mean: 15 },
      ],
    );
  });

  it('may be a reduction, with a function that sees the one result', async () => {
    const highest = (left: Reading, right: Reading): Reading => (left.value > right.value ? left : right);
    await expectEverywhere(
      (env) =>
        perSensor(env).reduce(highest, ([best], { key, window }, output) =>
          output.emit(`${key} ${best?.value} until ${window.endMs}`),
        ),
      ['a 4 until 60000', 'b 20 until 60000'],
    );
  });

  it('may be an aggregate of one’s own', async () => {
    const product: AggregateFunction<Reading, number, string> = {
      create: () => 1,
      add: (accumulator, { value }) => accumulator * value,
      result: (accumulator) => `product ${accumulator}`,
    };
    await expectEverywhere((env) => perSensor(env).aggregate(product), ['product 24', 'product 200']);
  });
});

describe('when a window fires', () => {
  it('may be at every so many records, with or without what fired before', async () => {
    const fired = (purge: boolean) => (env: StreamEnvironment) =>
      contents(
        stream(env)
          .filter(({ sensor }) => sensor === 'a')
          .keyBy('sensor')
          .window(tumbling('1m'))
          .trigger(purge ? purging(countTrigger(2)) : countTrigger(2)),
      );
    await expectInOrder(fired(false), ['a 0-60: 1 2', 'a 0-60: 1 2 3 4']);
    await expectInOrder(fired(true), ['a 0-60: 1 2', 'a 0-60: 3 4']);
  });

  it('may be every so often, or when a value has moved far enough', async () => {
    await expectEverywhere(
      (env) =>
        contents(
          stream(env)
            .filter(({ sensor }) => sensor === 'b')
            .keyBy('sensor')
            .window(tumbling('1m'))
            .trigger(continuousEventTimeTrigger('30s')),
        ),
      ['b 0-60: 10 20', 'b 0-60: 10 20'],
    );
    await expectInOrder(
      (env) =>
        stream(env)
          .filter(({ sensor }) => sensor === 'a')
          .keyBy('sensor')
          .window(globalWindow())
          .trigger(deltaTrigger<Reading>(1, (last, next) => next.value - last.value))
          .process((values, _context, output) => output.emit(values.map(({ value }) => value).join(' '))),
      ['1 2 3'],
    );
  });

  it('may leave out what an evictor does not keep', async () => {
    await expectEverywhere(
      (env) => contents(stream(env).keyBy('sensor').window(tumbling('1m')).evictor(countEvictor(2))),
      ['a 0-60: 3 4', 'b 0-60: 10 20'],
    );
  });
});

describe('late records', () => {
  const late = outputTag<Reading>('late');
  const given = [
    reading('a', 1, 1000),
    reading('a', 2, 12_000),
    reading('a', 3, 2000),
    reading('a', 4, 40_000),
    reading('a', 5, 3000),
  ];
  const lateReadings = (env: StreamEnvironment): DataStream<Reading> =>
    env.fromSource(oneByOne(given), boundedOutOfOrderness<Reading>('1s').withTimestamps('time'));

  it('fire their window again within the allowed lateness, and go to a side output after it', async () => {
    await expectEverywhere(
      (env) => {
        const windows = contents(
          lateReadings(env).keyBy('sensor').window(tumbling('10s')).allowedLateness('10s').lateOutput(late),
        );
        return windows.union(windows.sideOutput(late).map(({ value }) => `late ${value}`));
      },
      ['a 0-10: 1', 'a 0-10: 1 3', 'a 10-20: 2', 'late 5', 'a 40-50: 4'],
      // In one slot: what is late depends on when the other slots say how far they are.
      { parallelism: 1 },
    );
  });
});
