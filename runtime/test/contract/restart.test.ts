import { describe, expect, it } from 'vitest';
import { type RestartPolicy, restartPolicyOf } from '../../src/contract/restart.ts';
import { type Data, problemsOfSpec, specOf, testField } from './support.ts';

const policyOf = (restart?: Data, hasCheckpoints: boolean = true): RestartPolicy =>
  restartPolicyOf(restart === undefined ? undefined : specOf({ restart }).restart, hasCheckpoints);

describe('the restart of a failed job', () => {
  it('waits longer and longer when there are checkpoints and nothing else is said', () => {
    expect(policyOf(undefined, true)).toEqual({
      strategy: 'ExponentialDelay',
      delayMs: 1000,
      maxDelayMs: 60_000,
      multiplier: 2,
      jitter: 0.1,
      resetAfterMs: 3_600_000,
    });
  });

  it('does not happen without checkpoints, since everything written would be written again', () => {
    expect(policyOf(undefined, false)).toEqual({ strategy: 'None' });
  });

  it('happens without checkpoints when it is asked for', () => {
    expect(policyOf({}, false).strategy).toBe('ExponentialDelay');
    expect(policyOf({ strategy: 'FixedDelay' }, false)).toEqual({
      strategy: 'FixedDelay',
      attempts: 10,
      delayMs: 1000,
    });
  });

  it.each([
    [{ strategy: 'None' }, { strategy: 'None' }],
    [{ strategy: 'FixedDelay' }, { strategy: 'FixedDelay', attempts: 10, delayMs: 1000 }],
    [
      { strategy: 'FixedDelay', fixedDelay: { attempts: 3, delay: '5s' } },
      { strategy: 'FixedDelay', attempts: 3, delayMs: 5000 },
    ],
    [
      { strategy: 'FixedDelay', fixedDelay: {} },
      { strategy: 'FixedDelay', attempts: 10, delayMs: 1000 },
    ],
    [{ strategy: 'FailureRate' }, { strategy: 'FailureRate', failures: 3, withinMs: 600_000, delayMs: 1000 }],
    [
      { strategy: 'FailureRate', failureRate: { failures: 1, within: '1h30m', delay: '0s' } },
      { strategy: 'FailureRate', failures: 1, withinMs: 5_400_000, delayMs: 0 },
    ],
    [
      { exponentialDelay: { delay: '100ms', maxDelay: '10s', multiplier: 1.5, jitter: 0, resetAfter: '1m' } },
      {
        strategy: 'ExponentialDelay',
        delayMs: 100,
        maxDelayMs: 10_000,
        multiplier: 1.5,
        jitter: 0,
        resetAfterMs: 60_000,
      },
    ],
    [
      { strategy: 'ExponentialDelay', exponentialDelay: { maxDelay: '5m' } },
      {
        strategy: 'ExponentialDelay',
        delayMs: 1000,
        maxDelayMs: 300_000,
        multiplier: 2,
        jitter: 0.1,
        resetAfterMs: 3_600_000,
      },
    ],
  ])('by %j is %j', (restart, policy) => {
    expect(policyOf(restart)).toEqual(policy);
  });
});

describe('the block of a strategy that was not chosen', () => {
  it('is refused, since it would have no effect', () => {
    expect(
      problemsOfSpec({ restart: { strategy: 'FixedDelay', exponentialDelay: {}, failureRate: {} } }),
    ).toEqual([
      'spec.restart.exponentialDelay: expected no exponentialDelay, since the strategy is FixedDelay, found exponentialDelay → Set strategy: ExponentialDelay, or remove exponentialDelay.',
      'spec.restart.failureRate: expected no failureRate, since the strategy is FixedDelay, found failureRate → Set strategy: FailureRate, or remove failureRate.',
    ]);
  });

  it('is refused beside the default strategy too', () => {
    expect(problemsOfSpec({ restart: { fixedDelay: { attempts: 3 } } })).toEqual([
      'spec.restart.fixedDelay: expected no fixedDelay, since the strategy is ExponentialDelay, found fixedDelay → Set strategy: FixedDelay, or remove fixedDelay.',
    ]);
    expect(problemsOfSpec({ restart: { strategy: 'None', fixedDelay: {} } })).toHaveLength(1);
  });
});

describe('the fields of a restart', () => {
  testField('spec.restart.strategy', (value) => ({ restart: { strategy: value } }), {
    good: ['None', 'FixedDelay', 'ExponentialDelay', 'FailureRate'],
    bad: [
      [
        'fixed-delay',
        'spec.restart.strategy: expected one of None, FixedDelay, ExponentialDelay, FailureRate, found the text "fixed-delay" → Did you mean FixedDelay?',
      ],
      [
        'never',
        'spec.restart.strategy: expected one of None, FixedDelay, ExponentialDelay, FailureRate, found the text "never"',
      ],
    ],
  });

  const fixed = (field: string) => (value: unknown) => ({
    restart: { strategy: 'FixedDelay', fixedDelay: { [field]: value } },
  });
  testField('spec.restart.fixedDelay.attempts', fixed('attempts'), {
    good: [1, 1_000_000],
    bad: [
      [0, 'spec.restart.fixedDelay.attempts: expected a whole number from 1 to 1000000, found the number 0'],
      [
        'unlimited',
        'spec.restart.fixedDelay.attempts: expected a whole number from 1 to 1000000, found the text "unlimited"',
      ],
    ],
  });
  testField('spec.restart.fixedDelay.delay', fixed('delay'), {
    good: ['0s', '1d'],
    bad: [
      [
        '2d',
        'spec.restart.fixedDelay.delay: expected a duration from 0s to 1d, such as 10s or 1h30m, found the text "2d"',
      ],
    ],
  });

  const exponential = (field: string) => (value: unknown) => ({
    restart: { exponentialDelay: { [field]: value } },
  });
  testField('spec.restart.exponentialDelay.multiplier', exponential('multiplier'), {
    good: [1, 1.5, 10],
    bad: [
      [0.5, 'spec.restart.exponentialDelay.multiplier: expected a number from 1 to 10, found the number 0.5'],
      [11, 'spec.restart.exponentialDelay.multiplier: expected a number from 1 to 10, found the number 11'],
      [NaN, 'spec.restart.exponentialDelay.multiplier: expected a number from 1 to 10, found the number NaN'],
      [
        '2',
        'spec.restart.exponentialDelay.multiplier: expected a number from 1 to 10, found the text "2" → Write it without quotes.',
      ],
    ],
  });
  testField('spec.restart.exponentialDelay.jitter', exponential('jitter'), {
    good: [0, 0.5, 1],
    bad: [
      [1.1, 'spec.restart.exponentialDelay.jitter: expected a number from 0 to 1, found the number 1.1'],
      ['10%', 'spec.restart.exponentialDelay.jitter: expected a number from 0 to 1, found the text "10%"'],
    ],
  });

  it.each([
    ['fixedDelay', 'FixedDelay', 'maxAttempts', 'attempts'],
    ['failureRate', 'FailureRate', 'interval', 'within'],
  ])('in %s of %s are not called %s', (block, strategy, name, meant) => {
    expect(problemsOfSpec({ restart: { strategy, [block]: { [name]: 1 } } })).toEqual([
      `spec.restart.${block}.${name}: there is no such field → Did you mean ${meant}?`,
    ]);
  });

  it.each(['restartPolicy', 'restartStrategy', 'restarts'])('are not under spec.%s', (name) => {
    expect(problemsOfSpec({ [name]: {} })).toEqual([
      `spec.${name}: there is no such field → Did you mean restart?`,
    ]);
  });
});
