import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import { compareValues } from '../../src/batch/values.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import { type ArrivedBatch, isSameKey, sortRecords } from '../../src/task/sorted-records.ts';
import { arbitraryItems, arrivedOf, idsOf, inModelOrder, type SortItem, valuesOf } from './sorting.ts';

const sorted = (items: readonly SortItem[]): readonly unknown[] => idsOf(sortRecords(arrivedOf(items)));

describe('the order of batch mode', () => {
  it('is by key, then by timestamp, then by arrival, whatever batches the records came in', () => {
    fc.assert(
      fc.property(arbitraryItems, fc.integer({ min: 1, max: 5 }), (items, batchSize) => {
        expect(idsOf(sortRecords(arrivedOf(items, batchSize)))).toEqual(idsOf(inModelOrder(items)));
      }),
      { numRuns: 300 },
    );
  });

  it('begins with the key group, so that a group is over before the next begins', () => {
    const items = Array.from(
      { length: 500 },
      (_, id): SortItem => ({ id, key: id, timestampMs: 0, port: 0 }),
    );
    const { hashes, length } = sortRecords(arrivedOf(items));
    const groups = Array.from({ length }, (_, i) => keyGroupOf(hashes[i] as number, 128));
    expect(groups).toEqual(groups.toSorted((a, b) => a - b));
    expect(new Set(groups).size).toBeGreaterThan(64);
  });

  it('puts records without a timestamp before all others of their key', () => {
    const key = 'k';
    const items = [5, NaN, -3, NaN].map((timestampMs, id): SortItem => ({ id, key, timestampMs, port: 0 }));
    expect(sorted(items)).toEqual([1, 3, 2, 0]);
  });

  it('knows −0 and 0 as one key, NaN as one, and 1, 1n and "1" as three', () => {
    const keys = [-0, 1, NaN, 0, 1n, '1', NaN];
    const records = sortRecords(arrivedOf(keys.map((key, id) => ({ id, key, timestampMs: 0, port: 0 }))));
    const ids = idsOf(records) as number[];
    const neighbours = ids.flatMap((_, i) => (i > 0 && isSameKey(records, i - 1, records, i) ? [i] : []));
    const pairs = neighbours.map((i) => [ids[i - 1], ids[i]]);
    expect(pairs).toHaveLength(2);
    expect(pairs).toContainEqual([0, 3]);
    expect(pairs).toContainEqual([2, 6]);
  });

  it('keeps keys apart whose hashes happen to be equal', () => {
    const byHash = new Map<number, number>();
    let pair: readonly [number, number] | undefined;
    for (let key = 0; pair === undefined; key++) {
      const hash = hashValue(key + 0.5);
      const other = byHash.get(hash);
      if (other !== undefined) pair = [other + 0.5, key + 0.5];
      byHash.set(hash, key);
    }
    const [low, high] = pair.toSorted(compareValues) as [number, number];
    const items = [high, low, high, low].map((key, id) => ({ id, key, timestampMs: 10 - id, port: 0 }));
    expect(sorted(items)).toEqual([3, 1, 2, 0]);
  });

  it('keeps timestamps, ports, keys and values together', () => {
    fc.assert(
      fc.property(arbitraryItems, (items) => {
        expect(valuesOf(sortRecords(arrivedOf(items)))).toEqual(inModelOrder(items));
      }),
    );
  });

  it('takes only as many of a batch as it has records', () => {
    const [arrived] = arrivedOf([{ id: 0, key: 1, timestampMs: 0, port: 0 }]) as [ArrivedBatch];
    const hashes = Uint32Array.of(arrived.keys.hashes[0] as number, 99, 98);
    const keys = { values: [1, 2, 3], hashes };
    expect(sortRecords([{ ...arrived, keys }]).length).toBe(1);
  });

  it('gives nothing for nothing', () => {
    expect(sortRecords([]).length).toBe(0);
  });
});
