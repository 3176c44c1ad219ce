import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, sum } from '../../../src/api/aggregates.ts';
import { cumulative, session, sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import { MemoryAccount } from '../../../src/state/memory-account.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { reachableBytes } from '../../state/reachable.ts';
import { advanceWatermark, batchOf, fakeContext } from '../support.ts';

const create = (assigner: WindowAssigner, allowedLatenessMs: number) => {
  const memory = new MemoryAccount();
  const processor = createWindowProcessor(
    {
      kind: 'window',
      window: {
        assigner,
        allowedLatenessMs,
        aggregation: { kind: 'builtIn', aggregates: { records: count(), total: sum('amount') } },
        keyed: true,
      },
    },
    { ...fakeContext(), memory },
  );
  return { memory, processor };
};

/** Buffers of the tables that a processor holds, found by the names of the fields that hold them. */
const tableBytes = (processor: object): number => {
  const parts = processor as Record<string, object>;
  if ('table' in parts) {
    const { deadlines } = parts['firing'] as Record<string, object>;
    return reachableBytes([parts['table'], deadlines]);
  }
  const { ordered, spare } = parts['store'] as Record<string, object>;
  const { blocks } = parts['blocks'] as Record<string, object>;
  const { merged, single } = parts['firing'] as Record<string, object>;
  return reachableBytes([ordered, spare ?? [], blocks, merged, single]);
};

const step = fc.record({
  aheadMs: fc.nat(40),
  keys: fc.nat(1500),
  firstKey: fc.nat(3000),
  drops: fc.nat(20).map((n) => n === 0),
});

const windows: Readonly<Record<string, WindowAssigner>> = {
  'tumbling windows': tumbling('50ms'),
  'hopping windows': sliding('60ms', '20ms'),
  'windows of so many hops that they share merged blocks': sliding('64ms', '1ms'),
  'cumulative windows': cumulative('10ms', '40ms'),
  sessions: session('15ms'),
};

describe('the memory of windows', () => {
  it.each(Object.entries(windows))(
    'counts every table while it is held, and no longer, in %s',
    (_, assigner) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 25 }), fc.constantFrom(0, 30), (steps, latenessMs) => {
          const { memory, processor } = create(assigner, latenessMs);
          let timeMs = 0;
          for (const { aheadMs, keys, firstKey, drops } of steps) {
            timeMs += aheadMs;
            const records = Array.from({ length: keys }, (_record, i) => ({
              value: { amount: i },
              key: firstKey + i,
              timestampMs: timeMs - (i % 10),
            }));
            processor.process(batchOf(records), 0);
            expect(memory.usedBytes).toBe(tableBytes(processor));
            advanceWatermark(processor, timeMs - 5);
            if (drops) processor.dropKeyGroup?.(5);
            expect(memory.usedBytes).toBe(tableBytes(processor));
          }
        }),
        { numRuns: 25 },
      );
    },
  );

  it('stays what it is when windows of the same size follow each other', () => {
    const { memory, processor } = create(tumbling('10ms'), 0);
    const sizes: number[] = [];
    for (let window = 0; window < 12; window++) {
      const records = Array.from({ length: 5000 }, (_record, key) => ({
        value: { amount: 1 },
        key: key + window * 5000,
        timestampMs: window * 10,
      }));
      processor.process(batchOf(records), 0);
      advanceWatermark(processor, window * 10 + 5);
      sizes.push(memory.usedBytes);
    }
    expect(new Set(sizes.slice(2)).size).toBe(1);
  });
});
