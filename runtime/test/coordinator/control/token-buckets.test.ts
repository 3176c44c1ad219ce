import { describe, expect, it } from 'vitest';
import { TokenBuckets } from '../../../src/coordinator/control/token-buckets.ts';
import { TestSystem } from '../../../src/testing/test-system.ts';

describe('buckets of tokens', () => {
  it('give each remote a burst, then as much as flows in, and tell how long to wait', () => {
    const machine = new TestSystem();
    const buckets = new TokenBuckets({ burst: 2, perSecond: 4 }, machine.system.clock);
    expect([buckets.take('a'), buckets.take('a'), buckets.take('a')]).toEqual([0, 0, 250]);
    expect(buckets.take('b')).toBe(0);
    machine.advance(200);
    expect(buckets.take('a')).toBeCloseTo(50);
    machine.advance(50);
    expect(buckets.take('a')).toBe(0);
    machine.advance(1_000_000);
    expect([buckets.take('a'), buckets.take('a'), buckets.take('a')]).toEqual([0, 0, 250]);
  });

  it('forget who was not heard of for longest, and so stay bounded', () => {
    const machine = new TestSystem();
    const buckets = new TokenBuckets({ burst: 1, perSecond: 1 }, machine.system.clock);
    buckets.take('first');
    buckets.take('second');
    for (let i = 0; i < 9998; i++) buckets.take(`other ${i}`);
    expect(buckets.take('first')).toBe(1000);
    buckets.take('one more');
    expect(buckets.take('second')).toBe(0);
    expect(buckets.take('first')).toBe(1000);
  });
});
