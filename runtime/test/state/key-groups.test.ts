import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyGroupOf, keyGroupRange } from '../../src/state/key-groups.ts';

fc.configureGlobal({ seed: 20_011 });

const hashes = fc.integer({ min: 0, max: 0xffff_ffff });

describe('the key group of a hash', () => {
  it('never changes, since the place of every stored key follows from it', () => {
    const golden: readonly (readonly [number, number, number])[] = [
      [0, 128, 0],
      [1, 128, 0],
      [0x01ff_ffff, 128, 0],
      [0x0200_0000, 128, 1],
      [0x8000_0000, 128, 64],
      [0xffff_ffff, 128, 127],
      [0xffff_ffff, 32768, 32767],
      [0x1234_5678, 128, 9],
      [0xdead_beef, 100, 86],
      [0xdead_beef, 1, 0],
    ];
    for (const [hash, maxParallelism, group] of golden) expect(keyGroupOf(hash, maxParallelism)).toBe(group);
  });

  it('lies among the groups and grows with the hash', () => {
    fc.assert(
      fc.property(hashes, hashes, fc.integer({ min: 1, max: 32768 }), (one, two, maxParallelism) => {
        const [low, high] = [Math.min(one, two), Math.max(one, two)];
        const groups = [keyGroupOf(low, maxParallelism), keyGroupOf(high, maxParallelism)];
        expect(groups[0]).toBeGreaterThanOrEqual(0);
        expect(groups[1]).toBeLessThan(maxParallelism);
        expect(groups[0]).toBeLessThanOrEqual(groups[1]!);
      }),
    );
  });

  it('is the same for a hash that was read as a signed number', () => {
    fc.assert(fc.property(hashes, (hash) => keyGroupOf(hash | 0, 128) === keyGroupOf(hash, 128)));
  });

  it('spreads the hashes evenly', () => {
    const counts = new Array<number>(100).fill(0);
    for (let i = 0; i < 100_000; i++) counts[keyGroupOf(Math.imul(i, 0x9e37_79b1) >>> 0, 100)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(900);
    expect(Math.max(...counts)).toBeLessThan(1100);
  });
});

describe('the key groups of a slot', () => {
  it('cover every group once, in order, and differ in number by one at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 1000 }),
        (parallelism, groups) => {
          const sizes: number[] = [];
          let next = 0;
          for (let slot = 0; slot < parallelism; slot++) {
            const { first, last } = keyGroupRange(slot, parallelism, groups);
            expect(first).toBe(next);
            next = last + 1;
            sizes.push(last - first + 1);
          }
          expect(next).toBe(groups);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('are none for a slot too many', () => {
    const ranges = [0, 1, 2].map((slot) => keyGroupRange(slot, 3, 2));
    expect(ranges.filter(({ first, last }) => last < first)).toHaveLength(1);
  });
});
