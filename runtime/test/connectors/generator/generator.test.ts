import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../../src/batch/batch.ts';
import {
  type GeneratorOptions,
  generator,
  type RecordRandom,
} from '../../../src/connectors/generator/index.ts';
import { Pace } from '../../../src/connectors/generator/pace.ts';
import { SeekableRandom } from '../../../src/connectors/generator/random.ts';
import { SourceRun } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

const read = async <T>(options: GeneratorOptions<T>, parallelism: number = 1) => {
  const run = await new SourceRun(generator(options), new TestSystem(), { parallelism }).open();
  await run.runToEnd();
  await run.close();
  return run.records;
};

describe('the generator source', () => {
  it('makes the same records whatever the parallelism and the number of splits', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 1, max: 4 }),
        fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
        fc.integer(),
        async (count, parallelism, splits, seed) => {
          const generate = (i: number, random: RecordRandom) =>
            `${i} ${random.next()} ${random.integer(100)} ${random.pick('abc'.split(''))}`;
          const alone = await read({ count, seed, generate });
          const shared = await read(
            { count, seed, generate, ...(splits === undefined ? {} : { splits }) },
            parallelism,
          );
          expect(shared.map(({ value }) => value).sort()).toEqual(alone.map(({ value }) => value).sort());
          expect(alone.map(({ value }) => Number(value.split(' ')[0]))).toEqual(
            Array.from({ length: count }, (_, i) => i),
          );
        },
      ),
      { numRuns: 20, seed: 4 },
    ));

  it('makes other records from another seed', async () => {
    const generate = (_: number, random: RecordRandom): number => random.next();
    const [a, b] = [
      await read({ count: 50, seed: 1, generate }),
      await read({ count: 50, seed: 2, generate }),
    ];
    expect(a.map(({ value }) => value)).not.toEqual(b.map(({ value }) => value));
  });

  it('is endless without a count, and no record number comes twice', async () => {
    const source = generator({ generate: (i) => i });
    expect(source.boundedness).toBe('endless');
    const run = await new SourceRun(source, new TestSystem(), { parallelism: 2 }).open();
    for (let i = 0; i < 20; i++) run.poll(i % 2);
    expect(new Set(run.values()).size).toBe(run.values().length);
    expect(run.values().length).toBeGreaterThan(10_000);
    await run.close();
  });

  it('lets all subtasks move through the numbers together', async () => {
    const run = await new SourceRun(generator({ generate: (i) => i }), new TestSystem(), {
      parallelism: 4,
    }).open();
    for (let i = 0; i < 80; i++) run.poll(i % 4);
    const highest = [0, 1, 2, 3].map((subtask) =>
      Math.max(...run.records.filter((record) => record.subtask === subtask).map(({ value }) => value)),
    );
    expect(Math.max(...highest) - Math.min(...highest)).toBeLessThan(4 * 2048);
    await run.close();
  });

  it('takes timestamps from a field or a function of record and number', async () => {
    const byField = await read({ count: 3, generate: (i) => ({ at: i * 5 }), timestamp: 'at' });
    const byFunction = await read({
      count: 3,
      generate: (i) => ({ at: i * 5 }),
      timestamp: ({ at }, i) => at + i,
    });
    expect(byField.map(({ timestampMs }) => timestampMs)).toEqual([0, 5, 10]);
    expect(byFunction.map(({ timestampMs }) => timestampMs)).toEqual([0, 6, 12]);
  });

  it('hands the fields that a job reads to the function that makes whole batches', async () => {
    const asked: (readonly string[] | undefined)[] = [];
    const source = generator<{ a: number }>({
      count: 5000,
      generateBatch: (from, count, fields) => {
        asked.push(fields);
        const values = Float64Array.from({ length: count }, (_, i) => from + i);
        return Batch.ofColumns(
          { names: ['a'], columns: [{ type: 'number', values }] },
          values.slice(),
          count,
        );
      },
    });
    const run = await new SourceRun(source.withFields?.(['a']) ?? source, new TestSystem()).open();
    await run.runToEnd();
    expect(run.values().map(({ a }) => a)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(new Set(asked.map(String))).toEqual(new Set(['a']));
    await run.close();
  });

  it('refuses records that no record may be, a promise among them', async () => {
    await expect(read({ count: 1, generate: async () => 1 })).rejects.toMatchObject({
      code: 'value-unsupported',
    });
    await expect(read({ count: 1, generate: () => () => 1 })).rejects.toThrow('is a function');
  });

  it.each<[unknown, RegExp]>([
    [{ count: -1, generate: () => 1 }, /count/],
    [{ count: 1.5, generate: () => 1 }, /count/],
    [{ recordsPerSecond: 0, generate: () => 1 }, /recordsPerSecond/],
    [{ generate: 5 }, /generate/],
    [{}, /generate/],
  ])('refuses the options %o', (options, message) => {
    expect(() => generator(options as never)).toThrowError(
      expect.objectContaining({ code: 'job-invalid', message: expect.stringMatching(message) }),
    );
  });
});

describe('the rate of a generator', () => {
  it('is kept on the average however late it is called, over all subtasks', async () => {
    const test = new TestSystem();
    const source = generator({ recordsPerSecond: 1000, generate: (i) => i });
    const run = await new SourceRun(source, test, { parallelism: 3 }).open();
    let passedMs = 0;
    for (const stepMs of [1, 7, 50, 333, 1, 2000, 13, 595]) {
      await run.runToEnd();
      test.manual.advance(stepMs);
      passedMs += stepMs;
      await run.runToEnd();
      expect(Math.abs(run.values().length - passedMs)).toBeLessThanOrEqual(1);
    }
    await run.close();
  });

  it('gives slow records one by one when they are due, and sleeps in between', async () => {
    const test = new TestSystem();
    const run = await new SourceRun(generator({ recordsPerSecond: 2, generate: (i) => i }), test).open();
    const counts: number[] = [];
    for (let i = 0; i < 6; i++) {
      await run.runToEnd();
      counts.push(run.values().length);
      expect(test.manual.pendingTimers).toBe(1);
      test.manual.advance(250);
    }
    expect(counts).toEqual([0, 0, 1, 1, 2, 2]);
    await run.close();
    expect(test.manual.pendingTimers).toBe(0);
  });

  it('does not catch up on the time in which the job stood still', async () => {
    const test = new TestSystem();
    const source = generator({ recordsPerSecond: 100, generate: (i) => i });
    const first = await new SourceRun(source, test).open();
    await first.runToEnd();
    test.manual.advance(1000);
    await first.runToEnd();
    const restored = first.snapshot();
    await first.close();
    test.manual.advance(3_600_000);
    const second = await new SourceRun(source, test, { restored }).open();
    await second.runToEnd();
    test.manual.advance(100);
    await second.runToEnd();
    expect(second.values().length).toBeLessThanOrEqual(16);
    expect(second.values()[0]).toBe(100);
    await second.close();
  });

  it('has no drift after a year', () => {
    const pace = new Pace(3, 0, 500);
    const yearMs = 365 * 86_400_000;
    expect(pace.dueAt(500 + yearMs)).toBe((yearMs / 1000) * 3);
    expect(pace.timeOf(pace.dueAt(500 + yearMs))).toBeCloseTo(500 + yearMs, 3);
  });
});

describe('the random numbers of a record', () => {
  const sequence = (seed: number, index: number): number[] => {
    const random = new SeekableRandom(seed);
    random.seek(index);
    return Array.from({ length: 4 }, () => random.next());
  };

  it('depend on seed and number only, not on what was asked before', () => {
    const random = new SeekableRandom(7);
    random.seek(1);
    random.next();
    random.seek(99);
    expect(Array.from({ length: 4 }, () => random.next())).toEqual(sequence(7, 99));
  });

  it('differ between neighbours, between seeds, and beyond 2^32', () => {
    const seen = new Set<string>();
    for (const seed of [0, 1, -1, 2 ** 40]) {
      for (const index of [0, 1, 2, 3, 2 ** 32, 2 ** 32 + 1, 2 ** 52])
        seen.add(String(sequence(seed, index)));
    }
    expect(seen.size).toBe(28);
  });

  it('are spread evenly', () => {
    const buckets = new Array<number>(10).fill(0);
    const random = new SeekableRandom(1);
    for (let i = 0; i < 20_000; i++) {
      random.seek(i);
      const bucket = random.integer(10);
      buckets[bucket] = (buckets[bucket] as number) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});
