import { count, type DataStream, tumbling } from 'millrace';
import { describe, expect, it } from 'vitest';
import { type Crashes, type CrashingWorld, runCrashing } from '../laws/crashing.ts';
import type { Item } from '../laws/items.ts';
import { plainWay } from '../laws/ways.ts';

const given: readonly Item[] = Array.from({ length: 200 }, (_, i) => ({
  key: i % 50,
  n: i,
  time: 20_000 + i * 10,
}));

/** It fails when most has been read, and goes on from a checkpoint. */
const lateFailure: Crashes = {
  lives: [{ parallelism: 4, failures: [{ where: 'step', after: 150 }], end: { how: 'none', afterTurns: 0 } }],
  pauseTurns: 0,
  refusesEvery: 0,
  restTurns: 1,
  batchRecords: 5,
};

const counted = async (
  build: (world: CrashingWorld) => DataStream<{ readonly counted: number }>,
  plan: Crashes = lateFailure,
): Promise<number> => {
  const [results = []] = await runCrashing(
    (world) => [build(world).map((row): Item => ({ n: row.counted, time: 0 }))],
    { ...plainWay, parallelism: 4, batchSize: 1 },
    plan,
  );
  return results.reduce((total, { item }) => total + item.n, 0);
};

const turns = async (number: number): Promise<void> => {
  for (let i = 0; i < number; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('after a crash', () => {
  it('the windows of all records have what they had: none of their state was in the checkpoint', async () => {
    const total = await counted((world) =>
      world.fragile(world.source(given)).windowAll(tumbling('1h')).aggregate({ counted: count() }),
    );
    expect(total).toBe(given.length);
  });

  it('a transform with fewer subtasks than there are slots has its state: only that of two slots of four was read', async () => {
    const total = await counted((world) =>
      world
        .fragile(world.source(given))
        .keyBy('key')
        .window(tumbling('1h'))
        .aggregate({ counted: count() })
        .setParallelism(2),
    );
    expect(total).toBe(given.length);
  });

  it('a job ends although its last checkpoint had to be taken twice: the attempt was over with the first', async () => {
    const plan = { lives: [], pauseTurns: 20, refusesEvery: 1, restTurns: 1, batchRecords: 5 };
    const total = await counted(
      (world) => world.source(given).windowAll(tumbling('1h')).aggregate({ counted: count() }),
      plan,
    );
    expect(total).toBe(given.length);
  });

  it('a job has not finished before all is visible: it did not wait for what an earlier checkpoint still had to commit', async () => {
    const plan: Crashes = {
      lives: [
        {
          parallelism: 1,
          failures: [{ where: 'commit', after: 1 }],
          end: { how: 'none', afterTurns: 0 },
        },
      ],
      pauseTurns: 1,
      refusesEvery: 0,
      restTurns: 1,
      batchRecords: 5,
    };
    const [results] = await runCrashing(
      (world) => [world.fragile(world.source(given.slice(0, 1)))],
      { ...plainWay, batchSize: 1 },
      plan,
    );
    expect(results).toHaveLength(1);
  });

  it('a batch job that was stopped reads all again: a checkpoint said that all was read, and what was sorted was in none', async () => {
    const plan: Crashes = {
      lives: [{ parallelism: 2, failures: [], end: { how: 'stopped', afterTurns: 30 } }],
      pauseTurns: 0,
      refusesEvery: 0,
      restTurns: 1,
      batchRecords: 5,
    };
    const [results] = await runCrashing(
      (world) => [
        world
          .source(given)
          .keyBy('key')
          .reduce((left, right) => ({ key: left.key, n: left.n + right.n, time: right.time })),
      ],
      { ...plainWay, mode: 'Batch' },
      plan,
    );
    expect(results).toHaveLength(given.length);
    const sums = Array.from({ length: 50 }, (_, key) => 4 * key + 300);
    expect(results?.map(({ item }) => item.n)).toEqual(expect.arrayContaining(sums));
  });

  it('records that were in flight when their key group had to leave are not lost: the barrier overtook them', async () => {
    for (const afterTurns of [50, 80, 110]) {
      const plan: Crashes = {
        lives: [{ parallelism: 3, failures: [], end: { how: 'killed', afterTurns } }],
        pauseTurns: 0,
        refusesEvery: 0,
        restTurns: 5,
        batchRecords: 1,
      };
      const [results] = await runCrashing(
        (world) => [
          world
            .source(given.slice(0, 60))
            .keyBy('key')
            .mapAsync({ capacity: 30, order: 'unordered', call: (item) => turns(40).then(() => item) }),
        ],
        { ...plainWay, parallelism: 3, moves: 1000 },
        plan,
      );
      expect(results).toHaveLength(60);
    }
  });
});
