import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type RetrySettings, withRetries } from '../../../src/checkpoint/stores/retry.ts';
import { TestSystem } from '../../../src/testing/test-system.ts';

const settings: RetrySettings = { budgetMs: 1000, firstDelayMs: 100, longestDelayMs: 400 };

/** A machine whose waits are over at once, and how long they were. */
const machine = (random: () => number = () => 1) => {
  const { system } = new TestSystem();
  let nowMs = 0;
  const waits: number[] = [];
  return {
    waits,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    random: { ...system.random, next: random },
    timers: {
      ...system.timers,
      after: (delayMs: number, callback: () => void) => {
        waits.push(delayMs);
        nowMs += delayMs;
        queueMicrotask(callback);
        return { cancel: () => {} };
      },
    },
  };
};

const givenUp = (end: { readonly tries: number; readonly error: unknown }): Error =>
  new Error(`${end.tries} tries, then ${end.error instanceof Error ? end.error.message : ''}`);

const failing = (times: number): (() => Promise<string>) => {
  let tries = 0;
  return async () => {
    tries += 1;
    if (tries <= times) throw new Error(`failure ${tries}`);
    return 'done';
  };
};

it('tries until it works', async () => {
  const here = machine();
  expect(await withRetries(here, settings, failing(3), () => true, givenUp)).toBe('done');
  expect(here.waits).toEqual([100, 200, 400]);
});

it('tries once when an error will not pass', async () => {
  const here = machine();
  await expect(withRetries(here, settings, failing(1), () => false, givenUp)).rejects.toThrow(
    '1 tries, then failure 1',
  );
  expect(here.waits).toEqual([]);
});

it('never begins a try after its time, and tries at least once', async () => {
  const random = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(random, fc.nat(5000), async (numbers, budgetMs) => {
      let asked = 0;
      const here = machine(() => numbers[asked++ % numbers.length] ?? 1);
      const failure = await withRetries(
        here,
        { ...settings, budgetMs },
        failing(1e9),
        () => true,
        givenUp,
      ).catch((error: Error) => error.message);
      expect(here.clock.nowMs()).toBeLessThanOrEqual(budgetMs);
      expect(failure).toContain(`${here.waits.length + 1} tries, then failure ${here.waits.length + 1}`);
      expect(here.waits.every((wait) => wait <= settings.longestDelayMs)).toBe(true);
    }),
  );
});
