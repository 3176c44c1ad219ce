import { describe, expect, it } from 'vitest';
import { settlesWithin } from '../../src/sys/within.ts';
import { createTestSystem } from '../../src/testing/index.ts';

describe('waiting for a promise within a time', () => {
  it.each([
    ['resolves', () => Promise.resolve(1)],
    ['rejects', () => Promise.reject(new Error('handled here'))],
  ])('ends as soon as it %s, and leaves no timer', async (_name, make) => {
    const test = createTestSystem();
    expect(await settlesWithin(test.system.timers, make(), 100)).toBe(true);
    expect(test.pendingTimers).toBe(0);
  });

  it('ends when the time is over, not a millisecond before', async () => {
    const test = createTestSystem();
    let result: boolean | undefined;
    const waited = settlesWithin(test.system.timers, new Promise(() => undefined), 100).then((settled) => {
      result = settled;
    });
    test.advance(99);
    await Promise.resolve();
    expect(result).toBeUndefined();
    test.advance(1);
    await waited;
    expect(result).toBe(false);
  });
});
