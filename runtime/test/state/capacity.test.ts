import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grownBytes, grownIntegers, grownLength, grownNumbers } from '../../src/state/capacity.ts';
import { MemoryAccount } from '../../src/state/memory-account.ts';

fc.configureGlobal({ seed: 20_011 });

describe('the length to which an array grows', () => {
  it('holds what is needed and is more than before', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(1e6), (length, more) => {
        const grown = grownLength(length, length + more + 1);
        expect(grown).toBeGreaterThanOrEqual(length + more + 1);
      }),
    );
  });

  it('doubles while small', () => {
    expect([0, 4, 8, 512, 1023].map((length) => grownLength(length, length + 1))).toEqual([
      8, 8, 16, 1024, 2046,
    ]);
  });

  it('leaves at most a quarter unused when large', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 1e8 }), (length) => {
        expect(grownLength(length, length + 1)).toBeLessThanOrEqual((length + 1) * 1.25);
      }),
    );
  });

  it('needs few steps to a million, so that copying stays cheap', () => {
    let [length, steps, copied] = [0, 0, 0];
    while (length < 1_000_000) {
      copied += length;
      length = grownLength(length, length + 1);
      steps += 1;
    }
    expect(steps).toBeLessThan(50);
    expect(copied / length).toBeLessThan(5);
  });
});

describe('a grown column', () => {
  it('begins with what it held and goes on with zeros', () => {
    const account = new MemoryAccount();
    expect([...grownNumbers(Float64Array.of(1.5, Number.NaN), 4, account)]).toEqual([1.5, Number.NaN, 0, 0]);
    expect([...grownIntegers(Int32Array.of(-1, 2), 3, account)]).toEqual([-1, 2, 0]);
    expect([...grownBytes(Uint8Array.of(255), 2, account)]).toEqual([255, 0]);
  });

  it('counts in the account, in place of what it was', () => {
    const account = new MemoryAccount();
    const numbers = grownNumbers(new Float64Array(0), 10, account);
    expect(account.usedBytes).toBe(80);
    grownNumbers(numbers, 12, account);
    expect(account.usedBytes).toBe(96);
    grownIntegers(new Int32Array(0), 1, account);
    grownBytes(new Uint8Array(0), 1, account);
    expect(account.usedBytes).toBe(101);
  });
});
