import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Duration,
  durationMs,
  positiveDurationMs,
  type SignedDuration,
  signedDurationMs,
} from '../../src/api/duration.ts';
import { errorOf } from './support.ts';

describe('a duration', () => {
  test.each([
    [0, 0],
    [1500, 1500],
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ] as const)('%s is %d ms', (duration, expected) => {
    expect(durationMs(duration)).toBe(expected);
  });

  test.each([
    '',
    '10',
    's',
    '10 s',
    '-5s',
    '1h30m',
    '1e3ms',
    'NaNs',
    Number.NaN,
    Infinity,
    -1,
    undefined,
    null,
    {},
  ])('is refused when it is %s', (duration) => {
    const error = errorOf(() => durationMs(duration as Duration, 'gap'));
    expect(error.code).toBe('job-invalid');
    expect(error.message).toMatch(/^The gap .* is not a length of time\.$/);
    expect(error.hint).toContain("'10s'");
  });

  test('that must take some time is a whole number of milliseconds above 0', () => {
    expect(positiveDurationMs('1ms', 'size')).toBe(1);
    for (const duration of [0, 0.5, '0s', '1.5ms'] as const) {
      expect(errorOf(() => positiveDurationMs(duration, 'size')).message).toContain(
        'not a whole number of milliseconds',
      );
    }
  });
});

describe('a signed duration', () => {
  test('may point to the past', () => {
    expect(signedDurationMs('-10s')).toBe(-10_000);
    expect(signedDurationMs(-5)).toBe(-5);
    expect(signedDurationMs('10s')).toBe(10_000);
  });

  test('has one minus at most', () => {
    expect(errorOf(() => signedDurationMs('--1s' as SignedDuration)).code).toBe('job-invalid');
    expect(errorOf(() => signedDurationMs(-Infinity)).code).toBe('job-invalid');
  });

  test('with a minus is the negative of the one without', () => {
    const unit = fc.constantFrom('ms', 's', 'm', 'h', 'd');
    fc.assert(
      fc.property(fc.nat(1_000_000), unit, (count, name) => {
        const text = `${count}${name}` as Duration;
        expect(signedDurationMs(`-${text}` as SignedDuration) + durationMs(text)).toBe(0);
      }),
    );
  });
});
