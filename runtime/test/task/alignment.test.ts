import { describe, expect, it } from 'vitest';
import { collection } from '../../src/connectors/collection/index.ts';
import { monotonousTimestamps } from '../../src/index.ts';
import { executeAndCollect } from '../../src/testing/execute.ts';

interface Reading {
  readonly from: 'slow' | 'fast';
  readonly time: number;
}

/** Many small batches: each value of the slow source is far apart in event time, those of the fast one are near. */
const readings = (from: Reading['from'], count: number, stepMs: number): readonly Reading[] =>
  Array.from({ length: count }, (_, i) => ({ from, time: 1000 + i * stepMs }));

/** How far the fast source is ever ahead of the slow one while that still reads, in the order of arrival. */
const greatestLead = (order: readonly Reading[]): number => {
  const newest = { slow: 1000, fast: 1000 };
  let lead = 0;
  const last = order.findLastIndex(({ from }) => from === 'slow');
  for (const { from, time } of order.slice(0, last)) {
    newest[from] = time;
    lead = Math.max(lead, newest.fast - newest.slow);
  }
  return lead;
};

const run = (align: boolean, parallelism: number): Promise<readonly Reading[]> => {
  const strategy = monotonousTimestamps<Reading>().withTimestamps('time');
  const aligned = align ? strategy.withAlignment('readings', '5s') : strategy;
  return executeAndCollect(
    (env) => {
      const slow = env.fromSource(collection(readings('slow', 20_480, 1)), aligned);
      const fast = env.fromSource(collection(readings('fast', 20_480, 100)), aligned);
      return slow.union(fast).process({ process: (reading, _context, output) => output.emit(reading) });
    },
    { parallelism },
  );
};

describe('sources of one alignment group', () => {
  /** A batch of the fast source spans this much event time: a source waits only between batches. */
  const batchMs = 2048 * 100;

  it.each([1, 2])(
    'do not run ahead of the slowest by more than the drift and a batch, on %i slots',
    async (slots) => {
      const free = await run(false, slots);
      const aligned = await run(true, slots);
      expect(aligned).toHaveLength(free.length);
      if (slots === 1) expect(greatestLead(aligned)).toBeLessThanOrEqual(batchMs + 5000);
      expect(greatestLead(free)).toBeGreaterThan(batchMs + 5000);
    },
  );
});
