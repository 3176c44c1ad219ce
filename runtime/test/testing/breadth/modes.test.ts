import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import {
  boundedOutOfOrderness,
  count,
  type DataStream,
  monotonousTimestamps,
  type StreamEnvironment,
  session,
  sliding,
  sum,
  tumbling,
  type WindowAssigner,
} from '../../../src/index.ts';
import { executeAndCollect } from '../../../src/testing/index.ts';
import { sorted } from './everywhere.ts';

interface Event {
  readonly key: number;
  readonly value: number;
  readonly time: number;
}

const perKey =
  (events: readonly Event[], assigner: WindowAssigner) =>
  (env: StreamEnvironment): DataStream<object> =>
    env
      .fromSource(collection(events), boundedOutOfOrderness<Event>('1m').withTimestamps('time'))
      .filter(({ value }) => value !== 13)
      .keyBy('key')
      .window(assigner)
      .aggregate({ n: count(), total: sum('value') });

describe('bounded input', () => {
  const event = fc.record({
    key: fc.integer({ min: 0, max: 4 }),
    value: fc.integer({ min: 0, max: 20 }),
    time: fc.integer({ min: 0, max: 50_000 }),
  });
  const assigner = fc.constantFrom(tumbling('5s'), sliding('10s', '2s'), session('3s'));

  it('gives the same results in streaming and in batch mode, in any number of slots', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 60 }),
        assigner,
        fc.integer({ min: 1, max: 3 }),
        async (events, windows, parallelism) => {
          const streaming = await executeAndCollect(perKey(events, windows));
          const batch = await executeAndCollect(perKey(events, windows), { mode: 'Batch', parallelism });
          expect(sorted(batch)).toEqual(sorted(streaming));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('fires every window and timer at its end', async () => {
    const results = await executeAndCollect((env) =>
      env
        .fromSource(
          collection<Event>([{ key: 1, value: 1, time: 1000 }]),
          monotonousTimestamps<Event>().withTimestamps('time'),
        )
        .keyBy('key')
        .process<string>({
          process: (_event, { timers }) => {
            timers.registerEventTimeTimer(10 ** 12);
            timers.registerProcessingTimeTimer(10 ** 14);
          },
          onTimer: (timeMs, { timeDomain }, output) => output.emit(`${timeDomain} ${timeMs}`),
        }),
    );
    expect(results).toEqual([`event ${10 ** 12}`, `processing ${10 ** 14}`]);
  });

  it('has no late records in batch mode, where the watermark jumps once at the end', async () => {
    const events = [
      { key: 1, value: 1, time: 40_000 },
      { key: 1, value: 2, time: 1000 },
    ];
    const job = (env: StreamEnvironment): DataStream<object> =>
      env
        .fromSource(collection(events), monotonousTimestamps<Event>().withTimestamps('time'))
        .keyBy('key')
        .window(tumbling('10s'))
        .aggregate({ n: count() });
    expect(await executeAndCollect(job, { mode: 'Batch' })).toHaveLength(2);
    expect(await executeAndCollect(job, { mode: 'Automatic' })).toHaveLength(2);
  });
});
