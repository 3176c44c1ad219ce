import {
  boundedOutOfOrderness,
  count,
  customWatermarks,
  type DataStream,
  monotonousTimestamps,
  noWatermarks,
  type StreamEnvironment,
  tumbling,
  type WatermarkGenerator,
  type WatermarkStrategy,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { Collected, collect } from '../../../src/connectors/collect/index.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import {
  createTestSystem,
  executeAndCollect,
  runJob,
  startJob,
  type TestSystem,
} from '../../../src/testing/index.ts';
import { oneByOne } from '../../testing/breadth/one-by-one.ts';

interface Tick {
  readonly n: number;
  readonly time: number;
}
const ticks = (...times: readonly number[]): readonly Tick[] => times.map((time, n) => ({ n, time }));

const byTime = monotonousTimestamps<Tick>().withTimestamps('time');

/** The watermark that each record sees. */
const watermarks = (stream: DataStream<Tick>): DataStream<string> =>
  stream.process<string>({
    process: ({ n }, { watermarkMs }, output) => output.emit(`${n} after ${watermarkMs}`),
  });

/** A source that gives a record when the test says so, and ends when it says so. */
const byHand = () => {
  const waiting: Tick[] = [];
  let wake = (): void => undefined;
  let isEnded = false;
  return {
    give: (...given: readonly Tick[]): void => {
      waiting.push(...given);
      wake();
    },
    end: (): void => {
      isEnded = true;
      wake();
    },
    source: {
      kind: 'byHand',
      boundedness: 'bounded',
      createEnumerator: (context: {
        assign(subtask: number, split: string): void;
        noMoreSplits(subtask: number): void;
      }) => ({
        start: () => undefined,
        requestSplit: (subtask: number) => context.assign(subtask, 'only'),
        addSplitsBack: () => undefined,
        snapshot: () => 0,
        close: () => undefined,
      }),
      createReader: (context: {
        wake(): void;
        requestSplit(): void;
        split(id: string): { emit(value: Tick): void };
      }) => {
        wake = () => context.wake();
        let output: { emit(value: Tick): void } | undefined;
        let isAsked = false;
        return {
          addSplit: (id: string) => {
            output = context.split(id);
          },
          noMoreSplits: () => undefined,
          poll: () => {
            if (!isAsked) context.requestSplit();
            isAsked = true;
            const next = output === undefined ? undefined : waiting.shift();
            if (next !== undefined) output?.emit(next);
            else return isEnded ? ('end' as const) : ('waiting' as const);
            return 'more' as const;
          },
          snapshot: () => [],
          close: () => undefined,
        };
      },
    } as const,
  };
};

/** Lets a job on a machine whose clock stands still do all it can. */
const settle = async (machine: TestSystem): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) {
    machine.run();
    await Promise.resolve();
  }
};

describe('an idle source', () => {
  const run = async (strategy: WatermarkStrategy<Tick>) => {
    const machine = createTestSystem({ startMs: 1_000_000 });
    const busy = byHand();
    const quiet = byHand();
    const collected = new Collected<unknown>();
    const job = (env: StreamEnvironment): void => {
      env
        .fromSource(busy.source, strategy)
        .union(env.fromSource(quiet.source, strategy))
        .windowAll(tumbling('10s'))
        .aggregate({ n: count() })
        .map(({ windowStart, n }) => `${windowStart}: ${n}`)
        .sinkTo(collect(collected));
    };
    const running = startJob(job, { system: machine.system });
    await settle(machine);
    quiet.give({ n: 0, time: 1000 });
    busy.give(...ticks(2000, 12_000, 25_000));
    await settle(machine);
    return { machine, busy, quiet, collected, running };
  };

  it('holds event time back, unless it is told how long to wait for it', async () => {
    const { machine, busy, quiet, collected, running } = await run(byTime);
    machine.advance(3_600_000);
    await settle(machine);
    expect(collected.values).toEqual([]);
    quiet.end();
    await settle(machine);
    expect(collected.values).toEqual(['0: 2', '10000: 1']);
    busy.end();
    await settle(machine);
    expect((await running.ended).state).toBe('finished');
    expect(collected.values).toEqual(['0: 2', '10000: 1', '20000: 1']);
  });

  it('no longer holds event time back after that, until it speaks again', async () => {
    const { machine, busy, quiet, collected, running } = await run(byTime.withIdleness('1m'));
    machine.advance(59_000);
    busy.give({ n: 9, time: 26_000 });
    await settle(machine);
    expect(collected.values).toEqual([]);
    machine.advance(2000);
    await settle(machine);
    expect(collected.values).toEqual(['0: 2', '10000: 1']);
    // What it says now may be late; event time does not go back.
    quiet.give({ n: 1, time: 27_000 });
    busy.give({ n: 9, time: 45_000 });
    await settle(machine);
    expect(collected.values).toEqual(['0: 2', '10000: 1']);
    quiet.give({ n: 2, time: 31_000 });
    await settle(machine);
    expect(collected.values).toEqual(['0: 2', '10000: 1', '20000: 3']);
    await running.cancel();
  });
});

describe('a watermark generator of one’s own', () => {
  it('is asked every 200 ms of the clock as well, also while nothing comes', async () => {
    const machine = createTestSystem({ startMs: 0 });
    const { source, give } = byHand();
    let asked = 0;
    const slowly = (): WatermarkGenerator<Tick> => ({
      onRecord: () => undefined,
      onPeriodic: (output) => output.emitWatermark(++asked * 1000),
    });
    const collected = new Collected<string>();
    const running = startJob(
      (env) =>
        watermarks(env.fromSource(source, customWatermarks(slowly).withTimestamps('time'))).sinkTo(
          collect(collected),
        ),
      { system: machine.system },
    );
    await settle(machine);
    const before = asked;
    machine.advance(1000);
    await settle(machine);
    expect(asked - before).toBeGreaterThanOrEqual(1);
    const reached = asked;
    give({ n: 1, time: 5 });
    await settle(machine);
    expect(collected.values).toEqual([`1 after ${reached * 1000}`]);
    await running.cancel();
  });

  it('belongs to one split, and the least of all splits counts', async () => {
    let made = 0;
    const eager = (): WatermarkGenerator<Tick> => {
      made++;
      return {
        onRecord: (_tick, timestampMs, output) => output.emitWatermark(timestampMs),
        onPeriodic: () => undefined,
      };
    };
    const seen = await executeAndCollect((env) =>
      watermarks(
        env.fromSource(
          oneByOne(ticks(10, 20), ticks(5000, 6000)),
          customWatermarks<Tick>(eager).withTimestamps('time'),
        ),
      ),
    );
    expect(made).toBe(2);
    expect(seen.filter((text) => text.includes('5000'))).toEqual([]);
  });
});

describe('timestamps', () => {
  const strange = [0, -1, NaN, Infinity, Date.UTC(9999, 0, 1), 1.5, 1000];

  it('that cannot be are refused one by one, and the rest goes on', async () => {
    const refused: unknown[] = [];
    const seen = await executeAndCollect(
      (env) =>
        env
          .fromSource(oneByOne(ticks(...strange)), byTime)
          .process<number>({ process: (_tick, { timestampMs = NaN }, output) => output.emit(timestampMs) }),
      {
        deadLetterPolicy: 'deadLetter',
        onDeadLetter: ({ record }) => void refused.push((record as Tick).time),
      },
    );
    expect(seen).toEqual([0, 1.5, 1000]);
    expect(refused).toEqual([-1, NaN, Infinity, Date.UTC(9999, 0, 1)]);
  });

  it('are believed in a wider range when that is asked for', async () => {
    const seen = await executeAndCollect((env) =>
      watermarks(
        env.fromSource(oneByOne(ticks(-5000, -1000, 0)), byTime.withTimestampRange(-10_000, 10_000)),
      ),
    );
    expect(seen).toEqual(['0 after -Infinity', '1 after -5001', '2 after -1001']);
  });

  it('are the source’s own when the strategy names none, and may be missing without watermarks', async () => {
    const timesOf = (strategy: WatermarkStrategy<Tick>, timestamp?: 'time') =>
      executeAndCollect((env) =>
        env
          .fromSource(collection(ticks(7, 8), timestamp === undefined ? {} : { timestamp }), strategy)
          .process<unknown>({
            process: (_tick, { timestampMs }, output) => output.emit(timestampMs ?? 'none'),
          }),
      );
    expect(await timesOf(monotonousTimestamps<Tick>(), 'time')).toEqual([7, 8]);
    expect(await timesOf(noWatermarks<Tick>())).toEqual(['none', 'none']);
    const result = await runJob((env) => {
      env
        .fromSource(collection(ticks(1)), boundedOutOfOrderness<Tick>('1s'))
        .sinkTo(collect(new Collected<Tick>()));
    });
    expect(result.state).toBe('failed');
    expect(String(result.error)).toContain('timestamp');
  });
});
