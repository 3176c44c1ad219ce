import { describe, expect, it } from 'vitest';
import { BatchLimit, type BatchSizes } from '../../src/batch/batch-limit.ts';

/** After how many of these records, which come again and again, each batch is full, for so many batches. */
const lengths = (sizes: BatchSizes, records: readonly unknown[], batches = 3): number[] => {
  const limit = new BatchLimit(sizes);
  const found: number[] = [];
  for (let [i, count] = [0, 0]; found.length < batches; i++) {
    count++;
    if (count < limit.lookAt || !limit.isFull(count, records[i % records.length])) continue;
    found.push(count);
    limit.restart();
    count = 0;
  }
  return found;
};

describe('the limit of a batch', () => {
  it('is a number of records, where they are small', () => {
    expect(lengths({}, [1])).toEqual([2048, 2048, 2048]);
    expect(lengths({ records: 100 }, [{ a: 1 }])).toEqual([100, 100, 100]);
    expect(lengths({ records: 1 }, [1])).toEqual([1, 1, 1]);
  });

  it('is a number of bytes, where they are large: looked for at the 8th, the 32nd, the 128th …', () => {
    const text = (length: number): string => 'x'.repeat(length);
    expect(lengths({ bytes: 1_000_000 }, [text(1_000_000)])).toEqual([8, 8, 8]);
    expect(lengths({ bytes: 1_000_000 }, [text(50_000)])).toEqual([32, 32, 32]);
    expect(lengths({ bytes: 1_000_000 }, [text(10_000)])).toEqual([128, 128, 128]);
    expect(lengths({ bytes: 1_000_000 }, [text(100)])).toEqual([2048, 2048, 2048]);
  });

  it('starts anew with each batch', () => {
    const limit = new BatchLimit({ bytes: 1000 });
    expect(limit.isFull(8, 'x'.repeat(1000))).toBe(true);
    limit.restart();
    expect(limit.isFull(8, 'x')).toBe(false);
    expect(limit.lookAt).toBe(32);
  });

  it('is not reached again by records that were taken back', () => {
    const limit = new BatchLimit({ bytes: 10_000 });
    expect(limit.isFull(8, 'x'.repeat(100))).toBe(false);
    // A failing record was undone, so that there are fewer now.
    expect(limit.isFull(7, 'x'.repeat(100_000))).toBe(false);
    expect(limit.isFull(33, 'x')).toBe(false);
  });
});
