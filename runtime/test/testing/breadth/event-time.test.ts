import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import {
  boundedOutOfOrderness,
  col,
  collectAll,
  customWatermarks,
  type DataStream,
  ingestionTime,
  monotonousTimestamps,
  type ProcessFunction,
  type StreamEnvironment,
  tumbling,
  type WatermarkStrategy,
} from '../../../src/index.ts';
import { createTestSystem, executeAndCollect } from '../../../src/testing/index.ts';
import { expectInOrder } from './everywhere.ts';
import { oneByOne } from './one-by-one.ts';

interface Tick {
  readonly n: number;
  readonly time: number;
}
const ticks: readonly Tick[] = [
  { n: 1, time: 1000 },
  { n: 2, time: 5000 },
  { n: 3, time: 3000 },
  { n: 4, time: 9000 },
];

/** Tells of each record its number, its timestamp and the watermark that it sees. */
const looking = (): ProcessFunction<Tick, string> => ({
  process: ({ n }, { timestampMs, watermarkMs }, output) => output.emit(`${n} ${timestampMs} ${watermarkMs}`),
});
const seen =
  (strategy: WatermarkStrategy<Tick>) =>
  (env: StreamEnvironment): DataStream<string> =>
    env.fromSource(oneByOne(ticks), strategy).process(looking());

describe('the watermark that a record sees', () => {
  it('is behind the highest timestamp by the delay and a millisecond', async () => {
    await expectInOrder(seen(boundedOutOfOrderness<Tick>('1s').withTimestamps('time')), [
      '1 1000 -Infinity',
      '2 5000 -1',
      '3 3000 3999',
      '4 9000 3999',
    ]);
  });

  it('follows timestamps that never go back', async () => {
    await expectInOrder(seen(monotonousTimestamps<Tick>().withTimestamps('time')), [
      '1 1000 -Infinity',
      '2 5000 999',
      '3 3000 4999',
      '4 9000 4999',
    ]);
  });

  it('is whatever a generator of one’s own says, and never goes back', async () => {
    const atEven = customWatermarks<Tick>(() => ({
      onRecord: ({ n, time }, _timestampMs, output) =>
        n % 2 === 0 ? output.emitWatermark(time - 4000) : undefined,
      onPeriodic: () => undefined,
    }));
    await expectInOrder(seen(atEven.withTimestamps('time')), [
      '1 1000 -Infinity',
      '2 5000 -Infinity',
      '3 3000 1000',
      '4 9000 1000',
    ]);
  });

  it('may come from expressions and functions', async () => {
    const expected = ['1 2000 -Infinity', '2 10000 1999', '3 6000 9999', '4 18000 9999'];
    await expectInOrder(seen(monotonousTimestamps<Tick>().withTimestamps(col('time').mul(2))), expected);
    await expectInOrder(seen(monotonousTimestamps<Tick>().withTimestamps(({ time }) => time * 2)), expected);
  });

  it('may be given within the job', async () => {
    await expectInOrder(
      (env) =>
        env
          .fromSource(oneByOne(ticks))
          .assignTimestampsAndWatermarks(monotonousTimestamps<Tick>().withTimestamps('time'))
          .process(looking()),
      ['1 1000 -Infinity', '2 5000 999', '3 3000 4999', '4 9000 4999'],
    );
  });

  it('is the least of all splits', async () => {
    const slow = [
      { n: 10, time: 100 },
      { n: 11, time: 200 },
    ];
    const fast = [
      { n: 20, time: 50_000 },
      { n: 21, time: 60_000 },
    ];
    const watermarks = await executeAndCollect((env) =>
      env
        .fromSource(oneByOne(slow, fast), monotonousTimestamps<Tick>().withTimestamps('time'))
        .process<number>({ process: (_tick, { watermarkMs }, output) => output.emit(watermarkMs) }),
    );
    expect(watermarks).toHaveLength(4);
    expect(Math.max(...watermarks)).toBeLessThan(200);
  });

  it('is the clock’s when records take their time of arrival', async () => {
    const machine = createTestSystem({ startMs: 77_000 });
    const running = executeAndCollect(
      (env) =>
        env
          .fromSource(collection(ticks), ingestionTime<Tick>())
          .windowAll(tumbling('10s'))
          .aggregate({ ns: collectAll('n') }),
      { system: machine.system },
    );
    for (let turn = 0; turn < 100; turn++) {
      machine.run();
      await Promise.resolve();
    }
    expect(await running).toEqual([{ windowStart: 70_000, windowEnd: 80_000, ns: [1, 2, 3, 4] }]);
  });
});
