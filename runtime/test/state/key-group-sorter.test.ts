import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyGroupSorter } from '../../src/state/key-group-sorter.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';

const groupsOf = (sorter: KeyGroupSorter): Map<number, number[]> => {
  const found = new Map<number, number[]>();
  for (let g = 0; g < sorter.groupCount; g++) {
    const members = sorter.positions.subarray(sorter.starts[g], sorter.starts[g + 1]);
    found.set(sorter.groups[g]!, [...members]);
  }
  return found;
};

describe('sorting a batch by key group', () => {
  it('gives each group its records in order of arrival, batch after batch', () => {
    const hashes = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(hashes), fc.integer({ min: 1, max: 300 }), (batches, maxParallelism) => {
        const sorter = new KeyGroupSorter(maxParallelism);
        for (const batch of batches) {
          const from = batch.length > 3 ? 2 : 0;
          sorter.sort(Uint32Array.from(batch), from, batch.length - from);
          const expected = new Map<number, number[]>();
          for (let i = from; i < batch.length; i++) {
            const group = keyGroupOf(batch[i]!, maxParallelism);
            expected.set(group, [...(expected.get(group) ?? []), i]);
          }
          expect(groupsOf(sorter)).toEqual(expected);
        }
      }),
    );
  });

  it('finds no group in an empty batch', () => {
    const sorter = new KeyGroupSorter(16);
    sorter.sort(new Uint32Array(0), 0, 0);
    expect(sorter.groupCount).toBe(0);
  });
});
