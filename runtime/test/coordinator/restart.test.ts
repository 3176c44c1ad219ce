import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import type { RestartPolicy } from '../../src/contract/restart.ts';
import { decideRestart, type Failure, failureOf } from '../../src/coordinator/restart.ts';

/** Failures of attempts that ran for so long, one after the other. */
const failuresAfter = (...ranMs: readonly number[]): readonly Failure[] => {
  let atMs = 0;
  return ranMs.map((ran) => {
    atMs += ran;
    return { atMs, ranMs: ran, isLoss: false };
  });
};

const ran = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 30 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('no restarts', () => {
  it('never restart, whatever came before', () => {
    fc.assert(
      fc.property(ran, random, (times, number) => {
        expect(decideRestart({ strategy: 'None' }, failuresAfter(...times), number)).toEqual({
          restart: false,
          reason: 'the restart strategy is None',
        });
      }),
    );
  });
});

describe('restarts after a fixed delay', () => {
  it('come as often as is said, and then no more, however long attempts ran', () => {
    fc.assert(
      fc.property(ran, fc.integer({ min: 1, max: 40 }), random, (times, attempts, number) => {
        const decision = decideRestart(
          { strategy: 'FixedDelay', attempts, delayMs: 70 },
          failuresAfter(...times),
          number,
        );
        expect(decision).toEqual(
          times.length <= attempts
            ? { restart: true, delayMs: 70 }
            : { restart: false, reason: `all ${attempts} restarts are used up` },
        );
      }),
    );
  });
});

const exponential = (more: Partial<Extract<RestartPolicy, { strategy: 'ExponentialDelay' }>> = {}) =>
  ({
    strategy: 'ExponentialDelay',
    delayMs: 100,
    maxDelayMs: 1000,
    multiplier: 2,
    jitter: 0,
    resetAfterMs: 5000,
    ...more,
  }) as const;

const delayAfter = (policy: RestartPolicy, failures: readonly Failure[], number = 0.5): number => {
  const decision = decideRestart(policy, failures, number);
  return decision.restart ? decision.delayMs : NaN;
};

describe('restarts after a growing delay', () => {
  it('double it with each failure up to the longest, and never give up', () => {
    const delays = Array.from({ length: 7 }, (_, i) =>
      delayAfter(exponential(), failuresAfter(...Array.from({ length: i + 1 }, () => 10))),
    );
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
    expect(delayAfter(exponential(), failuresAfter(...Array.from({ length: 5000 }, () => 1)))).toBe(1000);
  });

  it('begin again after an attempt that ran long enough', () => {
    expect(delayAfter(exponential(), failuresAfter(10, 10, 10, 5000))).toBe(100);
    expect(delayAfter(exponential(), failuresAfter(10, 10, 10, 5000, 10))).toBe(200);
    expect(delayAfter(exponential(), failuresAfter(10, 10, 10, 4999))).toBe(800);
  });

  it('depend on nothing before the last long attempt', () => {
    fc.assert(
      fc.property(ran, ran, random, (before, behind, number) => {
        const quiet = [6000, ...behind];
        const policy = exponential({ jitter: 0.3 });
        expect(delayAfter(policy, failuresAfter(...before, ...quiet), number)).toBe(
          delayAfter(policy, failuresAfter(...quiet), number),
        );
      }),
    );
  });

  it('vary by the share that is said, and never beyond the longest', () => {
    const policy = exponential({ jitter: 0.2 });
    expect(delayAfter(policy, failuresAfter(10), 0)).toBeCloseTo(80);
    expect(delayAfter(policy, failuresAfter(10), 0.5)).toBeCloseTo(100);
    expect(delayAfter(policy, failuresAfter(10), 1)).toBeCloseTo(120);
    fc.assert(
      fc.property(ran, fc.double({ min: 0, max: 1, noNaN: true }), random, (times, jitter, number) => {
        const even = delayAfter(exponential(), failuresAfter(...times));
        const varied = delayAfter(exponential({ jitter }), failuresAfter(...times), number);
        expect(varied).toBeGreaterThanOrEqual(even * (1 - jitter) - 1e-9);
        expect(varied).toBeLessThanOrEqual(Math.min(1000, even * (1 + jitter)) + 1e-9);
      }),
    );
  });
});

describe('restarts as long as failures stay rare', () => {
  const policy: RestartPolicy = { strategy: 'FailureRate', failures: 2, withinMs: 100, delayMs: 5 };

  it('end with one failure too many in the time', () => {
    expect(decideRestart(policy, failuresAfter(10, 10), 0)).toEqual({ restart: true, delayMs: 5 });
    expect(decideRestart(policy, failuresAfter(10, 10, 10), 0)).toEqual({
      restart: false,
      reason: '3 failures came within 100 ms',
    });
  });

  it('forget what is older, to the millisecond', () => {
    expect(decideRestart(policy, failuresAfter(10, 50, 50), 0).restart).toBe(true);
    expect(decideRestart(policy, failuresAfter(10, 50, 49), 0).restart).toBe(false);
  });

  it('are decided by a count of the failures in the window', () => {
    fc.assert(
      fc.property(ran, fc.integer({ min: 1, max: 5 }), (times, failures) => {
        const all = failuresAfter(...times);
        const lastMs = all.at(-1)?.atMs ?? 0;
        const recent = all.filter(({ atMs }) => atMs > lastMs - 100).length;
        expect(decideRestart({ ...policy, failures }, all, 0).restart).toBe(recent <= failures);
      }),
    );
  });
});

describe('after a process was lost', () => {
  const lost = new MillraceError('worker-lost', 'worker-0 is gone');
  const policy: RestartPolicy = { strategy: 'FixedDelay', attempts: 3, delayMs: 70 };
  const next = (...failures: readonly Failure[]) => decideRestart(policy, failures, 0);

  it('the job goes on at once, also when it had not run for long', () => {
    expect(next(failureOf(lost, 5, 5))).toEqual({ restart: true, delayMs: 0 });
    expect(next(failureOf(lost, 5, 5), failureOf(lost, 1005, 1000))).toEqual({ restart: true, delayMs: 0 });
  });

  it('the policy holds where losses follow each other, and for how often', () => {
    expect(next(failureOf(lost, 5, 5), failureOf(lost, 1004, 999))).toEqual({ restart: true, delayMs: 70 });
    const often = [1, 2, 3, 4].map((second) => failureOf(lost, second * 2000, 2000));
    expect(next(...often)).toEqual({ restart: false, reason: 'all 3 restarts are used up' });
    expect(decideRestart({ strategy: 'None' }, often, 0)).toMatchObject({ restart: false });
  });

  it('another failure waits as ever', () => {
    expect(next(failureOf(new Error('boom'), 5000, 5000))).toEqual({ restart: true, delayMs: 70 });
  });
});
