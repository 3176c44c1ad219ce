import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Collected, collect } from '../../../src/connectors/collect/index.ts';
import { CheckpointedRun, liveThrough, type RunStep } from '../support/checkpointed-run.ts';
import { CrashPoints } from '../support/crash-points.ts';
import { openWriter, rowBatch, sinkContext } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

describe('the collect sink', () => {
  it('keeps values with their timestamps in the order in which they come', async () => {
    const collected = new Collected<number>();
    const writer = await openWriter(collect(collected), new TestSystem());
    writer.write(rowBatch([3, 1], [30, 10]));
    writer.write(rowBatch([2]));
    expect(collected.values).toEqual([3, 1, 2]);
    expect(collected.timestampsMs).toEqual([30, 10, Number.NaN]);
  });

  it('drops what earlier attempts collected, and what they still write', async () => {
    const collected = new Collected<string>();
    const test = new TestSystem();
    const first = await openWriter(collect(collected), test, { attempt: 1 });
    first.write(rowBatch(['lost']));
    const second = await openWriter(collect(collected), test, { attempt: 2 });
    const sibling = await openWriter(collect(collected), test, { attempt: 2, subtask: 1 });
    first.write(rowBatch(['too late']));
    second.write(rowBatch(['a']));
    sibling.write(rowBatch(['b']));
    expect(collected.values).toEqual(['a', 'b']);
  });
});

describe('the collect sink under checkpoints', () => {
  it('has each record once after any work, and any number of ends of the attempt', async () => {
    const step = fc.oneof<fc.Arbitrary<RunStep>[]>(
      fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 7 }) }),
      fc.record({ do: fc.constant('checkpoint' as const), logged: fc.boolean() }),
    );
    const attempt = fc.record({
      steps: fc.array(step, { maxLength: 8 }),
      parallelism: fc.integer({ min: 1, max: 3 }),
      at: fc.integer({ min: 1, max: 8 }),
      when: fc.constantFrom('before' as const, 'after' as const),
    });
    const property = fc.asyncProperty(fc.array(attempt, { maxLength: 5 }), async (attempts) => {
      const collected = new Collected<{ readonly id: number }>();
      const run = new CheckpointedRun(collect(collected), new TestSystem());
      const lives = attempts.map(({ at, when, ...life }) => ({ ...life, points: new CrashPoints(at, when) }));
      await liveThrough(run, [...lives, { steps: [], parallelism: 1, points: new CrashPoints() }]);
      const ids = collected.values.map(({ id }) => id).sort((one, other) => one - other);
      expect(ids).toEqual(Array.from({ length: run.position }, (_, id) => id));
      expect(collected.timestampsMs).toHaveLength(ids.length);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('says that what another process has collected is lost', async () => {
    const committer = collect(new Collected<number>()).createCommitter(sinkContext(new TestSystem()));
    await expect(committer.commit('1-0-0')).rejects.toMatchObject({ code: 'output-lost' });
  });
});
