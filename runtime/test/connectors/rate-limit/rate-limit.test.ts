import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Source } from '../../../src/api/connectors.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import { files } from '../../../src/connectors/files/index.ts';
import { generator } from '../../../src/connectors/generator/index.ts';
import { hybrid } from '../../../src/connectors/hybrid/index.ts';
import { rateLimit } from '../../../src/connectors/rate-limit/index.ts';
import { SourceRun } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

/** When each record came, in ms since the start, with the clock moved whenever the source waits. */
const arrivals = async <T, Split, State>(
  source: Source<T, Split, State>,
  parallelism = 1,
): Promise<{ readonly timesMs: readonly number[]; readonly values: readonly T[] }> => {
  const test = new TestSystem();
  const startMs = test.manual.nowMs;
  const run = await new SourceRun(source, test, { parallelism }).open();
  const timesMs: number[] = [];
  while ((await run.runToEnd()) === 'waiting') {
    while (timesMs.length < run.records.length) timesMs.push(test.manual.nowMs - startMs);
    expect(test.manual.pendingTimers).toBeGreaterThan(0);
    test.manual.advance(1);
  }
  while (timesMs.length < run.records.length) timesMs.push(test.manual.nowMs - startMs);
  await run.close();
  expect(test.manual.pendingTimers).toBe(0);
  return { timesMs, values: run.values() };
};

const numbers = Array.from({ length: 10_000 }, (_, i) => i);

describe('a source with a rate limit', () => {
  it('gives the same records as without', async () => {
    const { values } = await arrivals(rateLimit(collection(numbers), { recordsPerSecond: 5000 }));
    expect(values).toEqual(numbers);
  });

  it('gives them over the time that the rate says, to within a batch', async () => {
    const { timesMs } = await arrivals(rateLimit(collection(numbers), { recordsPerSecond: 5000 }));
    const batchMs = (2048 / 5000) * 1000;
    for (const [i, timeMs] of timesMs.entries()) {
      expect(timeMs).toBeGreaterThanOrEqual((i / 5000) * 1000 - batchMs);
      expect(timeMs).toBeLessThanOrEqual((i / 5000) * 1000 + batchMs);
    }
  });

  it('shares the rate among its subtasks', async () => {
    const { timesMs, values } = await arrivals(rateLimit(collection(numbers), { recordsPerSecond: 5000 }), 4);
    expect([...values].sort((a, b) => a - b)).toEqual(numbers);
    expect(Math.max(...timesMs)).toBeGreaterThan(900);
    expect(Math.max(...timesMs)).toBeLessThan(2100);
  });

  it('is never above its rate by more than a batch, nor below it, whatever the rate and the parallelism', async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 50, max: 20_000 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3000 }),
      async (recordsPerSecond, parallelism, count) => {
        const source = rateLimit(collection(numbers.slice(0, count)), { recordsPerSecond });
        const { timesMs, values } = await arrivals(source, parallelism);
        expect([...values].sort((a, b) => a - b)).toEqual(numbers.slice(0, count));
        // Each subtask may be ahead by its first batch, and a wait is a whole number of milliseconds.
        const aheadRecords = parallelism * Math.min(2048, Math.ceil(count / parallelism));
        for (const [i, timeMs] of timesMs.entries()) {
          expect(i + 1).toBeLessThanOrEqual((timeMs / 1000) * recordsPerSecond + aheadRecords);
        }
        const batches = Math.ceil(count / parallelism / 2048);
        expect(timesMs.at(-1)).toBeLessThanOrEqual(
          (count / recordsPerSecond) * 1000 + batches * parallelism + 1,
        );
      },
    );
    await fc.assert(property, { numRuns: 25, seed: 71 });
  });

  it('goes on at its rate after the job stood still, without catching up', async () => {
    const test = new TestSystem();
    const source = rateLimit(generator({ generate: (n) => n, recordsPerSecond: 1e6 }), {
      recordsPerSecond: 100,
    });
    const run = await new SourceRun(source, test).open();
    const step = async (ms: number): Promise<number> => {
      const before = run.records.length;
      test.manual.advance(ms);
      for (let polls = 0; polls < 3; polls++) run.poll(0);
      return run.records.length - before;
    };
    for (let i = 0; i < 5; i++) await step(20);
    const usual = run.records.length;
    const afterPause = await step(60_000);
    expect(afterPause).toBeLessThanOrEqual(2048 * 3);
    expect(usual).toBeLessThanOrEqual(2048 * 3);
    expect(await step(1)).toBe(0);
    await run.close();
    expect(test.manual.pendingTimers).toBe(0);
  });

  it('reads the fields that the source behind it reads', () => {
    const file = files<{ a: number; b: number }>({ path: 'in.ndjson', format: 'ndjson' });
    const limited = rateLimit(file, { recordsPerSecond: 10 });
    expect(limited.withFields?.(['a']).fields).toEqual(['a']);
    expect(rateLimit(collection([1]), { recordsPerSecond: 10 }).withFields).toBeUndefined();
    expect([limited.kind, limited.boundedness]).toEqual([file.kind, 'bounded']);
  });

  it('sets one timer however often it is asked while it waits, and wakes its task once', async () => {
    const test = new TestSystem();
    const source = rateLimit(collection(numbers), { recordsPerSecond: 1000 });
    const run = await new SourceRun(source, test).open();
    run.poll(0);
    while (run.records.length === 0) run.poll(0);
    for (let polls = 0; polls < 10; polls++) expect(run.poll(0)).toBe('waiting');
    expect(test.manual.pendingTimers).toBe(1);
    const { wakes } = run;
    test.manual.advance(10_000);
    expect(run.wakes).toBe(wakes + 1);
    expect(run.poll(0)).toBe('more');
    await run.close();
  });

  it('works around any reader, also one made of a class', async () => {
    const both = hybrid(collection([1, 2]), generator({ count: 3, generate: (index) => index * 10 }));
    const { values } = await arrivals(rateLimit(both, { recordsPerSecond: 100 }));
    expect(values).toEqual([1, 2, 0, 10, 20]);
  });

  it('refuses rates that are none', () => {
    expect(() => rateLimit(collection([1]), { recordsPerSecond: 0 })).toThrow(/recordsPerSecond/);
    expect(() => rateLimit(collection([1]), { recordsPerSecond: Number.NaN })).toThrow(/recordsPerSecond/);
  });
});
