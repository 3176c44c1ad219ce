import fc from 'fast-check';
import { type DataStream, type MapAsync, monotonousTimestamps, type StreamEnvironment } from 'millrace';
import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import { createHarness, executeAndCollect } from '../../../src/testing/index.ts';
import { oneByOne } from '../../testing/breadth/one-by-one.ts';

/** Something outside that answers each number after so many turns of the event loop. */
const answerIn = (turns: number): Promise<void> =>
  turns === 0
    ? Promise.resolve()
    : new Promise((resolve) => setImmediate(resolve)).then(() => answerIn(turns - 1));

interface Call {
  readonly n: number;
  readonly turns: number;
}

const calls = fc
  .array(fc.integer({ min: 0, max: 6 }), { maxLength: 40, size: 'max' })
  .map((list) => list.map((turns, n): Call => ({ n, turns })));

const numbers = (list: readonly Call[]): readonly number[] => list.map(({ n }) => n);

describe('calls to the outside', () => {
  it('give their results in the order of the records, however long each takes', async () => {
    await fc.assert(
      fc.asyncProperty(calls, fc.integer({ min: 1, max: 10 }), async (given, capacity) => {
        let underWay = 0;
        let most = 0;
        const results = await executeAndCollect((env) =>
          env.fromSource(collection(given)).mapAsync({
            capacity,
            call: async ({ n, turns }: Call) => {
              most = Math.max(most, ++underWay);
              await answerIn(turns);
              underWay--;
              return n;
            },
          }),
        );
        expect(results).toEqual(numbers(given));
        expect(most).toBeLessThanOrEqual(capacity);
      }),
      { numRuns: 30 },
    );
  });

  it('may overtake each other without an order, but never a watermark', async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (given) => {
        const results = await executeAndCollect<readonly [number, number]>((env) =>
          env
            .fromSource(
              oneByOne(given),
              monotonousTimestamps<Call>().withTimestamps(({ n }) => n * 10),
            )
            .mapAsync<Call>({
              order: 'unordered',
              call: async (call) => {
                await answerIn(call.turns);
                return call;
              },
            })
            .process({
              // A record that had been overtaken by the watermark behind it would be late here.
              process: ({ n }, { timestampMs = NaN, watermarkMs }, output) =>
                output.emit([n, timestampMs - watermarkMs]),
            }),
        );
        expect(results.map(([n]) => n).toSorted((a, b) => a - b)).toEqual(numbers(given));
        for (const [, aheadMs] of results) expect(aheadMs).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });

  it('are repeated as often as allowed, and fail with the last reason after that', async () => {
    const tries = new Map<number, number>();
    const flaky = (times: number): MapAsync<number, string> => ({
      retry: { times, backoff: 1 },
      call: (n) => {
        const tried = (tries.get(n) ?? 0) + 1;
        tries.set(n, tried);
        return tried > n
          ? Promise.resolve(`${n} at try ${tried}`)
          : Promise.reject(new Error(`no ${n} at ${tried}`));
      },
    });
    const job = (times: number) => (env: StreamEnvironment) =>
      env.fromSource(collection([0, 2, 1])).mapAsync(flaky(times));
    expect(await executeAndCollect(job(2))).toEqual(['0 at try 1', '2 at try 3', '1 at try 2']);
    tries.clear();
    await expect(executeAndCollect(job(1))).rejects.toThrow('no 2 at 2');
  });

  it('leave out what failed when the policy says so, and tell of it', async () => {
    const letters: unknown[] = [];
    const results = await executeAndCollect(
      (env) =>
        env.fromSource(collection([1, 2, 3, 4])).mapAsync({
          call: (n: number) => (n % 2 === 0 ? Promise.reject(new Error('even')) : Promise.resolve(n)),
        }),
      {
        deadLetterPolicy: 'deadLetter',
        onDeadLetter: ({ record, reason }) => void letters.push([record, reason]),
      },
    );
    expect(results).toEqual([1, 3]);
    expect(letters).toEqual([
      [2, 'even'],
      [4, 'even'],
    ]);
  });

  it('are given up at the time-out of the record, all tries together, and told so by a signal', async () => {
    let aborted = 0;
    const harness = await createHarness((given: DataStream<number>) =>
      given.mapAsync<string>({
        timeout: '10s',
        retry: { times: 100, backoff: '4s' },
        onTimeout: (n) => `${n} took too long`,
        call: (_n, signal) => {
          signal.addEventListener('abort', () => aborted++);
          return Promise.reject(new Error('busy'));
        },
      }),
    );
    await harness.push(1);
    for (let second = 0; second < 9; second++) await harness.advanceTime(1000);
    expect(harness.values).toEqual([]);
    await harness.advanceTime(1000);
    expect(harness.values).toEqual(['1 took too long']);
    expect(aborted).toBeGreaterThan(0);
  });

  it('behind a keyBy keep the order of each key', async () => {
    await fc.assert(
      fc.asyncProperty(calls, fc.integer({ min: 1, max: 3 }), async (given, parallelism) => {
        const results = await executeAndCollect<Call>(
          (env) =>
            env
              .fromSource(collection(given))
              .setParallelism(1)
              .keyBy(({ n }) => n % 4)
              .mapAsync({
                call: async (call) => {
                  await answerIn(call.turns);
                  return call;
                },
              }),
          { parallelism },
        );
        for (const key of [0, 1, 2, 3]) {
          const ofKey = numbers(results).filter((n) => n % 4 === key);
          expect(ofKey).toEqual(numbers(given).filter((n) => n % 4 === key));
        }
        expect(results).toHaveLength(given.length);
      }),
      { numRuns: 20 },
    );
  });
});
