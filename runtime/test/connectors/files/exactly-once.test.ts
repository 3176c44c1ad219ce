import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TwoPhaseSinkWriter } from '../../../src/api/connectors.ts';
import { type FileSinkOptions, fileSink, type SealedPart } from '../../../src/connectors/files/index.ts';
import { CheckpointedRun, liveThrough, type RunStep } from '../support/checkpointed-run.ts';
import { CrashPoints } from '../support/crash-points.ts';
import { openWriter, rowBatch, sinkContext } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

interface Item {
  readonly id: number;
}

const begin = (options: Partial<FileSinkOptions> = {}) => {
  const test = new TestSystem();
  const sink = fileSink<Item>({ directory: 'out', format: 'ndjson', roll: { records: 2 }, ...options });
  return { test, run: new CheckpointedRun(sink, test) };
};

/** What a reader of the directory sees, and what is left of hidden files. */
const seen = ({ files }: TestSystem) => {
  const hidden = files.paths().filter((path) => path.includes('/.'));
  const ids = files
    .paths()
    .filter((path) => !hidden.includes(path))
    .flatMap((path) => files.readText(path).trimEnd().split('\n'))
    .map((line) => (JSON.parse(line) as Item).id)
    .sort((one, other) => one - other);
  return { hidden, ids };
};

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, id) => id);

const work: readonly RunStep[] = [
  { do: 'write', count: 3 },
  { do: 'checkpoint', logged: true },
  { do: 'write', count: 5 },
  { do: 'checkpoint', logged: false },
  { do: 'write', count: 1 },
  { do: 'checkpoint', logged: true },
  { do: 'write', count: 2 },
];

describe('files under checkpoints', () => {
  it.each(['before', 'after'] as const)(
    'hold each record once and nothing is left behind, when the process ends %s any call that it makes',
    async (when) => {
      const counted = new CrashPoints();
      await begin().run.live(work, 2, counted);
      expect(counted.calls).toBeGreaterThan(50);
      for (let at = 1; at <= counted.calls; at++) {
        const { run, test } = begin();
        await liveThrough(run, [
          { steps: work, parallelism: 2, points: new CrashPoints(at, when) },
          { steps: work, parallelism: 3, points: new CrashPoints() },
        ]);
        expect(seen(test), `crash ${when} call ${at}`).toEqual({ hidden: [], ids: upTo(run.position) });
      }
    },
  );

  it('hold each record once after any work, and any number of ends of the process', async () => {
    const step = fc.oneof<fc.Arbitrary<RunStep>[]>(
      fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 7 }) }),
      fc.record({ do: fc.constant('checkpoint' as const), logged: fc.boolean() }),
    );
    const attempt = fc.record({
      steps: fc.array(step, { maxLength: 8 }),
      parallelism: fc.integer({ min: 1, max: 3 }),
      at: fc.integer({ min: 1, max: 60 }),
      when: fc.constantFrom('before' as const, 'after' as const),
    });
    const property = fc.asyncProperty(
      fc.array(attempt, { maxLength: 5 }),
      fc.boolean(),
      async (attempts, partitioned) => {
        const { run, test } = begin(partitioned ? { partitionBy: 'id' } : {});
        const lives = attempts.map(({ at, when, ...life }) => ({
          ...life,
          points: new CrashPoints(at, when),
        }));
        await liveThrough(run, [...lives, { steps: [], parallelism: 1, points: new CrashPoints() }]);
        expect(seen(test)).toEqual({ hidden: [], ids: upTo(run.position) });
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });
});

describe('what earlier attempts of a file sink have left', () => {
  const leave = async (
    test: TestSystem,
    attempt: number,
    owner: string,
    options: Partial<FileSinkOptions> = {},
  ) => {
    const sink = fileSink<Item>({ directory: 'out', format: 'ndjson', ...options });
    const place = { attempt, owner, checkpoints: true };
    const writer = (await openWriter(sink, test, place)) as TwoPhaseSinkWriter<SealedPart>;
    writer.write(rowBatch([{ id: attempt }]));
    return { writer, committer: sink.createCommitter(sinkContext(test, place)) };
  };

  it('is removed below an attempt, prepared or not, in all its directories', async () => {
    const test = new TestSystem();
    const partitioned = { partitionBy: { time: 'yyyy/MM' } } as const;
    await leave(test, 1, 'job/a', partitioned);
    const { writer } = await leave(test, 2, 'job/a', partitioned);
    await writer.prepare(1);
    const { committer } = await leave(test, 3, 'job/a', partitioned);
    await committer.abortOlder?.(3);
    expect(test.files.paths()).toEqual([expect.stringContaining('.part-0-3-')]);
  });

  it('is told from what other jobs and sinks have in the same directory', async () => {
    const test = new TestSystem();
    await leave(test, 1, 'job/b');
    await leave(test, 1, 'other job/a');
    await leave(test, 1, 'job/a', { prefix: 'parts' });
    test.files.put('/base/out/.part-0-1-mine', 'mine');
    const before = test.files.paths();
    const { committer, writer } = await leave(test, 9, 'job/a');
    await committer.abortOlder?.(9);
    await writer.close();
    expect(test.files.paths()).toEqual(before);
  });

  it('is nothing in a directory that does not exist yet', async () => {
    const test = new TestSystem();
    const sink = fileSink<Item>({ directory: 'new', format: 'ndjson' });
    await sink.createCommitter(sinkContext(test)).abortOlder?.(1);
  });
});

describe('a part that rolled before the checkpoint', () => {
  it('fails the job when it cannot be made durable, without waiting for the checkpoint', async () => {
    const test = new TestSystem();
    const signals = { wakes: 0, failures: [] as unknown[] };
    const sink = fileSink<Item>({ directory: 'out', format: 'ndjson', roll: { records: 1 } });
    const writer = (await openWriter(
      sink,
      test,
      { checkpoints: true },
      signals,
    )) as TwoPhaseSinkWriter<SealedPart>;
    test.files.failAll('sync', 'EIO');
    writer.write(rowBatch([{ id: 1 }]));
    await new Promise((resolve) => void setImmediate(resolve));
    expect(signals.failures).toMatchObject([{ code: 'io' }]);
    await expect(writer.prepare(1)).rejects.toThrow('the disk reported an error');
    await writer.close();
    expect(test.files.paths()).toEqual([]);
    expect(test.files.openCount).toBe(0);
  });
});
