import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeySorter, type KeySorterLimits } from '../../src/task/key-sorter.ts';
import { MemoryFiles } from '../connectors/support/memory-files.ts';
import { budgetOf } from '../transforms/support.ts';
import { arbitraryItems, arrivedOf, drain, inModelOrder, type SortItem } from './sorting.ts';

const small: KeySorterLimits = { memoryBytes: 1000, sortedAtOnce: 4, partRecords: 3 };

/** Adds the items batch by batch, and brings to disk what must go there in slices of so many units. */
const fill = (sorter: KeySorter, items: readonly SortItem[], batchSize: number, units: number): number => {
  let slices = 0;
  for (const { batch, keys, port } of arrivedOf(items, batchSize)) {
    while (sorter.isFull) {
      slices++;
      sorter.spill(budgetOf(units));
    }
    sorter.add(batch, keys, port);
  }
  while (sorter.isFull) sorter.spill(budgetOf(units));
  return slices;
};

const many = Array.from(
  { length: 300 },
  (_, id): SortItem => ({ id, key: (id * 7) % 11, timestampMs: (id * 13) % 17, port: id % 2 }),
);

describe('a sorter of keyed records', () => {
  it('gives them in order, in whatever portions they come and however little fits into memory', () => {
    fc.assert(
      fc.property(
        arbitraryItems,
        fc.record({
          memoryBytes: fc.constantFrom(1, 300, 1000, 1_000_000),
          sortedAtOnce: fc.integer({ min: 1, max: 20 }),
          partRecords: fc.integer({ min: 1, max: 20 }),
        }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 30 }),
        (items, limits, batchSize, units) => {
          const files = new MemoryFiles();
          const sorter = new KeySorter(files, limits);
          fill(sorter, items, batchSize, units);
          expect(drain(sorter.merge())).toEqual(inModelOrder(items));
          sorter.close();
          expect(files.openCount).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('touches no disk while everything fits', () => {
    const files = new MemoryFiles();
    const sorter = new KeySorter(files);
    fill(sorter, many, 50, 1);
    expect(sorter.isFull).toBe(false);
    expect(drain(sorter.merge())).toEqual(inModelOrder(many));
    expect(files.openCount).toBe(0);
  });

  it('goes to disk in slices, and takes nothing before that is done', () => {
    const sorter = new KeySorter(new MemoryFiles(), small);
    const slices = fill(sorter, many, 10, 4);
    expect(slices).toBeGreaterThan(30);
    expect(drain(sorter.merge())).toEqual(inModelOrder(many));
  });

  it('has all in memory again for the next records after each time', () => {
    const sorter = new KeySorter(new MemoryFiles(), small);
    fill(sorter, many.slice(0, 100), 10, 1000);
    expect(sorter.isFull).toBe(false);
    fill(sorter, many.slice(100), 10, 1000);
    expect(drain(sorter.merge())).toEqual(inModelOrder(many));
  });

  it('lets go of its file in the middle too', () => {
    const files = new MemoryFiles();
    const sorter = new KeySorter(files, small);
    fill(sorter, many, 10, 1000);
    expect(files.openCount).toBe(1);
    sorter.close();
    expect(files.openCount).toBe(0);
    sorter.close();
  });

  it('gives nothing for nothing', () => {
    expect(drain(new KeySorter(new MemoryFiles()).merge())).toEqual([]);
  });
});
