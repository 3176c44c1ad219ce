import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { average, count, countDistinct, maximum, sum } from '../../../src/api/aggregates.ts';
import type { KeyedStream } from '../../../src/api/keyed-stream.ts';
import { boundedOutOfOrderness } from '../../../src/api/watermarks.ts';
import { sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import type { DeadLetter } from '../../../src/task/failures.ts';
import { executeAndCollect, type RunOptions } from '../../../src/testing/execute.ts';

interface Reading {
  readonly sensor: string | number | null;
  readonly value: number;
  readonly time: number;
}

const readings = fc.array(
  fc.record({
    sensor: fc.oneof(fc.constantFrom('a', 'b', null), fc.integer({ min: 0, max: 5 })),
    value: fc.integer({ min: -10, max: 10 }),
    time: fc.integer({ min: 0, max: 100 }),
  }),
  { maxLength: 60 },
);

const run = async (
  input: readonly Reading[],
  assigner: WindowAssigner,
  key: (
    stream: Parameters<Parameters<typeof executeAndCollect>[0]>[0],
    input: readonly Reading[],
  ) => KeyedStream<never, Reading>,
  options: RunOptions,
): Promise<readonly string[]> => {
  const rows = await executeAndCollect(
    (env) =>
      key(env, input)
        .window(assigner)
        .aggregate({
          records: count(),
          total: sum('value'),
          mean: average('value'),
          most: maximum('value'),
          kinds: countDistinct('value'),
        }),
    options,
  );
  return rows.map((row) => JSON.stringify(row)).toSorted();
};

const bySensor: Parameters<typeof run>[2] = (env, input) =>
  env
    .fromSource(collection(input), boundedOutOfOrderness(200).withTimestamps<Reading>('time'))
    .keyBy('sensor') as never;

describe('windows over several slots', () => {
  it.each([
    ['tumbling', tumbling(20)],
    ['sliding', sliding(20, 5)],
  ] as const)('that are %s give what one slot gives', async (_, assigner) => {
    await fc.assert(
      fc.asyncProperty(
        readings,
        fc.integer({ min: 2, max: 4 }),
        fc.boolean(),
        async (input, parallelism, chaining) => {
          const one = await run(input, assigner, bySensor, {});
          expect(await run(input, assigner, bySensor, { parallelism, chaining })).toEqual(one);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('leave out a record without a key, whichever phase meets it, and keep the others', async () => {
    const input = Array.from({ length: 50 }, (_, i): Reading => ({ sensor: i % 5, value: i, time: i }));
    const failing: Parameters<typeof run>[2] = (env, given) =>
      env
        .fromSource(collection(given), boundedOutOfOrderness(200).withTimestamps<Reading>('time'))
        .keyBy(({ sensor }) => {
          if (sensor === 3) throw new Error('no sensor of ours');
          return sensor;
        }) as never;
    const outcome = async (parallelism: number) => {
      const letters: DeadLetter[] = [];
      const options: RunOptions = {
        parallelism,
        deadLetterPolicy: 'deadLetter',
        onDeadLetter: (letter) => letters.push(letter),
      };
      const rows = await run(input, tumbling(20), failing, options);
      return {
        rows,
        letters: letters.map(({ record, transform, reason }) => ({ record, transform, reason })),
      };
    };
    const one = await outcome(1);
    expect(one.letters).toHaveLength(10);
    expect(await outcome(3)).toEqual(one);
  });
});
