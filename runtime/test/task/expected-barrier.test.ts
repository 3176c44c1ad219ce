import { describe, expect, it } from 'vitest';
import type { Barrier } from '../../src/exchange/element.ts';
import { ExpectedBarrier } from '../../src/task/expected-barrier.ts';

const barrier = (id: number): Barrier => ({
  kind: 'barrier',
  id,
  checkpoint: { id, triggeredMs: 0, isWhole: false, parks: false },
});

describe('a barrier that is expected', () => {
  it('is due from its time on, and is looked for by the clock only before', () => {
    const expected = new ExpectedBarrier();
    expected.expect(barrier(3), 100);
    expect([expected.nextTimeMs, expected.due(99, 0)]).toEqual([100, undefined]);
    expect(expected.due(100, 0)).toEqual(barrier(3));
    expect(expected.nextTimeMs).toBe(Infinity);
  });

  it('is expected no more when it has passed, nor when it has passed before', () => {
    const expected = new ExpectedBarrier();
    expected.expect(barrier(3), 100);
    expected.passed(3);
    expected.expect(barrier(2), 0);
    expect([expected.isNone, expected.due(200, 0), expected.nextTimeMs]).toEqual([true, undefined, Infinity]);
    expected.expect(barrier(4), 0);
    expected.passed(3);
    expect(expected.due(200, 0)).toEqual(barrier(4));
  });

  it('lets half done work go on without credit for so many records, counted from its time on', () => {
    const expected = new ExpectedBarrier();
    expected.expect(barrier(3), 100);
    expect(expected.mayOverdraw(1e9)).toBe(false);
    expected.due(100, 1e9);
    expect([expected.mayOverdraw(1e9), expected.mayOverdraw(1e9 + 250_000)]).toEqual([true, false]);
  });
});
