import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyedProcessFunction } from '../../src/api/functions.ts';
import { mapState, valueState } from '../../src/api/state.ts';
import { Collected, collect } from '../../src/connectors/collect/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { generator } from '../../src/connectors/generator/index.ts';
import { createSharedThreadJob } from '../../src/coordinator/local.ts';
import {
  boundedOutOfOrderness,
  count,
  type DataStream,
  type MapState,
  maximum,
  monotonousTimestamps,
  type StreamEnvironment,
  session,
  sum,
  tumbling,
  type ValueState,
} from '../../src/index.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { executeAndCollect, startJob } from '../../src/testing/execute.ts';

interface Event {
  readonly key: number;
  readonly value: number;
  readonly time: number;
}

const texts = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort();

/** Event time far behind, so that no record is late. */
const patient = boundedOutOfOrderness<Event>('1h').withTimestamps('time');

/** Sums by hand, in state of the key and by its timers: at the end of each 10 ms. */
const sumsByTimer = (): KeyedProcessFunction<number, Event, Event> => {
  let sums: MapState<number, number>;
  return {
    open: (runtime) => {
      sums = runtime.state(mapState<number, number>('sums')) as typeof sums;
    },
    process: ({ value, time }, { timers }) => {
      const end = Math.floor(time / 10) * 10 + 9;
      sums.put(end, (sums.get(end) ?? 0) + value);
      timers.registerEventTimeTimer(end);
    },
    onTimer: (time, { key }, output) => {
      output.emit({ key, value: sums.get(time) ?? NaN, time });
      sums.delete(time);
    },
  };
};

/** Stages whose result follows from the records and their timestamps alone. */
const stages: Readonly<Record<string, (events: DataStream<Event>) => DataStream<Event>>> = {
  map: (events) => events.map((event) => ({ ...event, value: event.value * 2 })),
  filter: (events) => events.filter(({ value }) => value % 3 !== 1),
  timers: (events) => events.keyBy('key').process(sumsByTimer()),
  rekeyed: (events) =>
    events
      .map((event) => ({ ...event, key: event.value % 3 }))
      .keyBy('key')
      .process(sumsByTimer()),
  windows: (events) =>
    events
      .keyBy('key')
      .window(tumbling('20ms'))
      .aggregate({ value: sum('value') })
      .map(({ key, value, windowEnd }) => ({ key, value, time: windowEnd - 1 })),
  sessions: (events) =>
    events
      .keyBy('key')
      .window(session('5ms'))
      .aggregate({ value: maximum('value') })
      .map(({ key, value, windowEnd }) => ({ key, value: value ?? 0, time: windowEnd - 1 })),
  connected: (events) =>
    events
      .keyBy('key')
      .connect(events.map((event) => ({ ...event, value: 1 })).keyBy('key'))
      .process<Event>(bothSums()),
};

/** Adds up both inputs of a key and tells the sum at the end of time. */
const bothSums = () => {
  let total: ValueState<number, number>;
  const add = (
    { value }: Event,
    { timers }: { timers: { registerEventTimeTimer(timeMs: number): void } },
  ): void => {
    total.update(total.value() + value);
    timers.registerEventTimeTimer(10 ** 6);
  };
  return {
    open: (runtime: { state(descriptor: unknown): unknown }): void => {
      total = runtime.state(valueState('total', { default: 0 })) as typeof total;
    },
    process1: add,
    process2: add,
    onTimer: (time: number, { key }: { key: number }, output: { emit(event: Event): void }): void =>
      output.emit({ key, value: total.value(), time }),
  };
};

const arbitraryEvents = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 4 }),
    value: fc.integer({ min: 0, max: 20 }),
    time: fc.integer({ min: 0, max: 100 }),
  }),
  { maxLength: 60 },
);

describe('a job in batch mode', () => {
  it('gives the results of streaming mode where they follow from records and event time alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryEvents,
        fc.array(fc.constantFrom(...Object.keys(stages)), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 3 }),
        async (events, names, parallelism) => {
          const job = (env: StreamEnvironment): DataStream<Event> =>
            names.reduce<DataStream<Event>>(
              (stream, name) => stages[name]?.(stream) ?? stream,
              env.fromSource(collection(events), patient),
            );
          const streaming = await executeAndCollect(job);
          const batch = await executeAndCollect(job, { mode: 'Batch', parallelism });
          expect(texts(batch)).toEqual(texts(streaming));
        },
      ),
      { numRuns: 80 },
    );
  });

  it('has no late records behind watermarks in the middle of a stream either', async () => {
    const events = [40_000, 1000, 30_000].map((time) => ({ key: 1, value: 1, time }));
    const job = (env: StreamEnvironment): DataStream<object> =>
      env
        .fromSource(collection<Event>(events))
        .process<Event>({ process: (event, _, output) => output.emit(event) })
        .assignTimestampsAndWatermarks(monotonousTimestamps<Event>().withTimestamps('time'))
        .rebalance()
        .keyBy('key')
        .window(tumbling('10s'))
        .aggregate({ n: count() });
    expect(await executeAndCollect(job, { mode: 'Batch' })).toHaveLength(3);
  });

  it('moves no key groups: there is nothing that a barrier could cut', async () => {
    const values = new Collected<unknown>();
    const job = (env: StreamEnvironment): void => {
      env
        .fromSource(
          generator<Event>({ count: 9000, generate: (i) => ({ key: i % 50, value: 1, time: i }) }),
          patient,
        )
        .keyBy('key')
        .process(sumsByTimer())
        .sinkTo(collect(values));
    };
    const system = createNodeSystem();
    const running = createSharedThreadJob(job, {
      system,
      logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
      jobName: 'test',
      args: {},
      parallelism: 2,
      mode: 'Batch',
      restart: { strategy: 'None' },
      deadLetterPolicy: 'fail',
      deadLetters: () => undefined,
      baseDirectory: '/',
    });
    let moved = 0;
    const moveSoon = (): void => {
      if (running.state === 'running') running.moveKeyGroups([moved % 128, 3, 77], moved++ % 2);
      if (moved < 50) system.timers.soon(moveSoon);
    };
    running.start();
    moveSoon();
    const { state, error } = await running.ended;
    expect(error).toBeUndefined();
    expect(state).toBe('finished');
    expect(values.values.reduce<number>((total, event) => total + (event as Event).value, 0)).toBe(9000);
  });
});

describe('a batch that is stopped', () => {
  it('processes what was read', async () => {
    const values = new Collected<number>();
    let read = 0;
    const job = (env: StreamEnvironment): void => {
      env
        .fromSource(
          generator<Event>({
            generate: (i) => {
              read = i + 1;
              return { key: i % 10, value: 1, time: i };
            },
          }),
          patient,
        )
        .keyBy('key')
        .reduce((left, right) => ({ ...right, value: left.value + right.value }))
        .map(({ value }) => value)
        .sinkTo(collect(values));
    };
    const system = createNodeSystem();
    const running = startJob(job, { mode: 'Batch', system });
    while (read < 5000) await new Promise<void>((resolve) => system.timers.soon(resolve));
    running.stop();
    expect((await running.ended).state).toBe('stopped');
    expect(values.values).toHaveLength(read);
  });
});
