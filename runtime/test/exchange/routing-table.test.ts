import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialRouting, moveKeyGroups } from '../../src/exchange/routing-table.ts';

fc.configureGlobal({ seed: 20_011 });

describe('the first routing table', () => {
  it('gives each slot a contiguous range, equal up to one key group, and leaves none over', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 300 }), (slots, more) => {
        const { version, slotOf } = initialRouting(slots, slots + more);
        expect(version).toBe(1);
        expect([...slotOf]).toEqual([...slotOf].toSorted((left, right) => left - right));
        const sizes = Array.from({ length: slots }, (_, slot) => slotOf.filter((one) => one === slot).length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(slots + more);
      }),
    );
  });
});

describe('moving key groups', () => {
  it('gives the next version, in which only they have another owner', () => {
    const before = initialRouting(3, 9);
    const after = moveKeyGroups(before, [0, 4], 2);
    expect(after.version).toBe(2);
    expect([...after.slotOf]).toEqual([2, 0, 0, 1, 2, 1, 2, 2, 2]);
  });

  it('leaves the table alone from which it starts: others may still route by it', () => {
    const before = initialRouting(2, 4);
    moveKeyGroups(before, [0, 1, 2, 3], 1);
    expect([...before.slotOf]).toEqual([0, 0, 1, 1]);
  });

  it('is undone by moving them back, but for the version', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(15), { minLength: 1 }), (keyGroups) => {
        const start = moveKeyGroups(initialRouting(4, 16), keyGroups, 0);
        const back = moveKeyGroups(moveKeyGroups(start, keyGroups, 3), keyGroups, 0);
        expect(back).toEqual({ version: 4, slotOf: start.slotOf });
      }),
    );
  });
});
