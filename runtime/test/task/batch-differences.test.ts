import { describe, expect, it } from 'vitest';
import { collection } from '../../src/connectors/collection/index.ts';
import {
  boundedOutOfOrderness,
  continuousEventTimeTrigger,
  count,
  countWindow,
  type DataStream,
  monotonousTimestamps,
  type StreamEnvironment,
  sum,
  tumbling,
} from '../../src/index.ts';
import { executeAndCollect } from '../../src/testing/execute.ts';

interface Event {
  readonly key: number;
  readonly value: number;
  readonly time: number;
}

const texts = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort();

/** Event time far behind, so that no record is late. */
const patient = boundedOutOfOrderness<Event>('1h').withTimestamps('time');

describe('what differs in batch mode', () => {
  const inBoth = async <T>(build: (env: StreamEnvironment) => DataStream<T>) => ({
    streaming: await executeAndCollect(build),
    batch: await executeAndCollect(build, { mode: 'Batch' }),
  });
  const from = (env: StreamEnvironment, events: readonly Event[]): DataStream<Event> =>
    env.fromSource(collection(events), patient);
  const unordered: readonly Event[] = [
    { key: 1, value: 1, time: 30 },
    { key: 2, value: 2, time: 5 },
    { key: 1, value: 3, time: 10 },
    { key: 2, value: 4, time: 1 },
  ];

  it('is that the records of a key come in order of time, all before the next key', async () => {
    const { streaming, batch } = await inBoth((env) =>
      from(env, unordered)
        .keyBy('key')
        .process<string>({ process: ({ time }, { key }, output) => output.emit(`${key}:${time}`) }),
    );
    expect(streaming).toEqual(['1:30', '2:5', '1:10', '2:1']);
    const one = ['1:10', '1:30'];
    const two = ['2:1', '2:5'];
    expect([[...one, ...two].join(), [...two, ...one].join()]).toContain(batch.join());
  });

  it('is that an order-dependent reduce goes by time, not by arrival', async () => {
    const { streaming, batch } = await inBoth((env) =>
      from(env, unordered)
        .keyBy('key')
        .reduce((_, last) => last)
        .keyBy('key')
        .window(tumbling('1s'))
        .aggregate({ n: count() }),
    );
    expect(texts(batch)).toEqual(texts(streaming));
    const lasts = await inBoth((env) =>
      from(env, unordered)
        .keyBy('key')
        .reduce((_, last) => last),
    );
    const finalOf = (events: readonly Event[], key: number) =>
      events.findLast((event) => event.key === key)?.value;
    expect([1, 2].map((key) => finalOf(lasts.streaming, key))).toEqual([3, 4]);
    expect([1, 2].map((key) => finalOf(lasts.batch, key))).toEqual([1, 2]);
  });

  it('is that timers of processing time fire once at the end of their key, whatever the clock shows', async () => {
    const job = (env: StreamEnvironment): DataStream<string> =>
      from(env, unordered)
        .keyBy('key')
        .process<string>({
          process: ({ time }, { timers }) => {
            timers.registerProcessingTimeTimer(10 ** 14 + time);
            timers.registerProcessingTimeTimer(time);
          },
          onTimer: (timeMs, { key, timers }, output) => {
            timers.registerProcessingTimeTimer(timeMs + 1);
            output.emit(`${key}:${timeMs < 10 ** 14 ? timeMs : 'far'}`);
          },
        });
    const batch = await executeAndCollect(job, { mode: 'Batch' });
    expect(batch.filter((text) => text.startsWith('1:'))).toEqual(['1:10', '1:30', '1:far', '1:far']);
    expect(batch.filter((text) => text.startsWith('2:'))).toEqual(['2:1', '2:5', '2:far', '2:far']);
  });

  it('is that a function sees no watermark but the first and the last', async () => {
    const { streaming, batch } = await inBoth((env) =>
      env
        .fromSource(
          collection(Array.from({ length: 5000 }, (_, i) => ({ key: 1, value: i, time: i }))),
          monotonousTimestamps<Event>().withTimestamps('time'),
        )
        .keyBy('key')
        .process<number>({
          process: (_, { timers }) => timers.registerEventTimeTimer(10 ** 6),
          onTimer: (_, { watermarkMs }, output) => output.emit(watermarkMs),
        }),
    );
    expect(streaming).toEqual([Infinity]);
    expect(batch).toEqual([Infinity]);
    const seen = await inBoth((env) =>
      env
        .fromSource(
          collection(Array.from({ length: 5000 }, (_, i) => ({ key: 1, value: i, time: i }))),
          monotonousTimestamps<Event>().withTimestamps('time'),
        )
        .keyBy('key')
        .process<number>({ process: (_, { watermarkMs }, output) => output.emit(watermarkMs) }),
    );
    expect(new Set(seen.streaming).size).toBeGreaterThan(1);
    expect(new Set(seen.batch)).toEqual(new Set([-Infinity]));
  });

  it('is that count windows behind a keyed function get its results key by key', async () => {
    const alternating = Array.from({ length: 8 }, (_, i) => ({ key: i % 2, value: i, time: i }));
    const { streaming, batch } = await inBoth((env) =>
      from(env, alternating)
        .keyBy('key')
        .process<Event>({ process: (event, _, output) => output.emit({ ...event, value: event.key }) })
        .windowAll(countWindow(4))
        .aggregate({ total: sum('value') }),
    );
    expect(streaming.map(({ total }) => total)).toEqual([2, 2]);
    expect(batch.map(({ total }) => total).toSorted()).toEqual([0, 4]);
  });

  it('is that triggers of event time which fire early find the window complete', async () => {
    const { streaming, batch } = await inBoth((env) =>
      env
        .fromSource(
          collection(Array.from({ length: 5000 }, (_, i) => ({ key: 1, value: i, time: i }))),
          monotonousTimestamps<Event>().withTimestamps('time'),
        )
        .keyBy('key')
        .window(tumbling('10s'))
        .trigger(continuousEventTimeTrigger('1s'))
        .aggregate({ n: count() }),
    );
    const counts = (results: readonly { readonly n: number }[]): number[] => results.map(({ n }) => n);
    expect(Math.min(...counts(streaming))).toBeLessThan(5000);
    expect(Math.max(...counts(streaming))).toBe(5000);
    expect(new Set(counts(batch))).toEqual(new Set([5000]));
  });
});
