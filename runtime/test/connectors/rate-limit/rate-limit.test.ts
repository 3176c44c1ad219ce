import { describe, expect, it } from 'vitest';
import type { Source } from '../../../src/api/connectors.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
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
