import { describe, expect, it } from 'vitest';
import { hashNumber } from '../../src/batch/hash.ts';
import { MemoryAccount } from '../../src/state/memory-account.ts';
import { NumberKeys } from '../../src/state/number-keys.ts';
import { RowSpace } from '../../src/state/row-space.ts';

const create = (): NumberKeys => new NumberKeys(new RowSpace(), new MemoryAccount());
const rowOf = (keys: NumberKeys, key: number): number => keys.findOrInsert(key, hashNumber(key));
const find = (keys: NumberKeys, key: number): number => keys.find(key, hashNumber(key));

/** The first integers whose hashes end in these bits, so that they want the same slot of a small table. */
const integersWithHash = (lowBits: number, mask: number, count: number): number[] => {
  const found: number[] = [];
  for (let i = 0; found.length < count; i++) if ((hashNumber(i) & mask) === lowBits) found.push(i);
  return found;
};

describe('rows by number', () => {
  it('are found when all keys want the last slot and go on at the first', () => {
    const keys = create();
    const crowd = integersWithHash(7, 7, 4);
    const rows = crowd.map((key) => rowOf(keys, key));
    expect(rows).toEqual([0, 1, 2, 3]);
    expect(crowd.map((key) => find(keys, key))).toEqual(rows);
    expect(find(keys, integersWithHash(7, 7, 5)[4]!)).toBe(-1);
  });

  it('are found after any key of such a crowd was removed', () => {
    const crowd = [...integersWithHash(6, 7, 2), ...integersWithHash(7, 7, 2)];
    for (const victim of crowd) {
      const keys = create();
      for (const key of crowd) rowOf(keys, key);
      keys.remove(find(keys, victim));
      for (const key of crowd) expect(find(keys, key) >= 0).toBe(key !== victim);
    }
  });

  it('keep their keys and hashes over growth', () => {
    const keys = create();
    for (let i = 0; i < 5000; i++) expect(rowOf(keys, i * 3 - 0.5)).toBe(i);
    for (let i = 0; i < 5000; i++) {
      expect(keys.keyAt(i)).toBe(i * 3 - 0.5);
      expect(keys.hashAt(i)).toBe(hashNumber(i * 3 - 0.5));
    }
  });

  it('exist for every special number once', () => {
    const keys = create();
    const special = [0, -0, Number.NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 53, 5e-324, 1.5];
    const rows = special.map((key) => rowOf(keys, key));
    expect(rows).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    // Another bit pattern of NaN is no other key.
    const odd = new Float64Array(new BigUint64Array([0x7ff8_0000_0000_1234n]).buffer)[0]!;
    expect(rowOf(keys, odd)).toBe(1);
  });

  it('are free for other keys after a removal', () => {
    const keys = create();
    for (let i = 0; i < 10; i++) rowOf(keys, i);
    keys.remove(4);
    expect(find(keys, 4)).toBe(-1);
    expect(rowOf(keys, 99)).toBe(4);
    expect(keys.keyAt(4)).toBe(99);
  });

  it('take less memory when compacted after most are gone', () => {
    const keys = create();
    for (let i = 0; i < 10_000; i++) rowOf(keys, i);
    const before = keys.memoryBytes();
    for (let i = 9_999; i >= 100; i--) keys.remove(i);
    keys.compact();
    // Rows keep their numbers, so those given back below the highest ever used still count.
    expect(keys.memoryBytes()).toBeLessThanOrEqual(before);
    for (let i = 0; i < 100; i++) expect(find(keys, i)).toBe(i);
    for (let i = 0; i < 200; i++) rowOf(keys, 20_000 + i);
    for (let i = 0; i < 200; i++) expect(keys.keyAt(find(keys, 20_000 + i))).toBe(20_000 + i);
  });
});
