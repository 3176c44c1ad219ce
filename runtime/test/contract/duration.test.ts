import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  durationHint,
  durationOf,
  durationPattern,
  formatDuration,
  parseDuration,
} from '../../src/contract/duration.ts';
import { MillraceError } from '../../src/contract/errors.ts';

describe('a duration', () => {
  it.each([
    ['0s', 0],
    ['1ms', 1],
    ['500ms', 500],
    ['1s', 1000],
    ['10s', 10_000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['30d', 2_592_000_000],
    ['1h30m', 5_400_000],
    ['1m30s', 90_000],
    ['1s500ms', 1500],
    ['1d12h30m15s250ms', 131_415_250],
    ['007s', 7000],
    ['0d0h0m0s0ms', 0],
    ['1m1ms', 60_001],
    ['1d1ms', 86_400_001],
  ])('%s is %d ms', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
    expect(durationHint(text)).toBeUndefined();
  });

  it.each([
    ['', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['10', 'Add the unit: 10s, or 10ms.'],
    ['2.5', 'Add the unit: 2s, or 2ms.'],
    ['1.5h', 'Write whole numbers: 1h30m instead of 1.5h.'],
    ['0.5s', 'Write whole numbers: 1h30m instead of 1.5h.'],
    ['10 s', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['10sec', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['10S', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['30m1h', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['1s1s', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['-1s', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['1us', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['1w', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['PT10S', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['s', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['١s', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
    ['1s\n', 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.'],
  ])('is not %j, and the hint says what to write', (text, hint) => {
    const attempt = (): number => parseDuration(text);
    expect(attempt).toThrow(MillraceError);
    expect(attempt).toThrow(`${JSON.stringify(text)} is not a duration.`);
    expect(attempt).toThrow(expect.objectContaining({ code: 'manifest-invalid', hint }));
    expect(durationHint(text)).toBe(hint);
  });

  it('is refused when it has more milliseconds than can be counted', () => {
    expect(() => parseDuration('999999999d')).toThrow(
      expect.objectContaining({ hint: 'Write a shorter one: nobody waits so long.' }),
    );
    expect(parseDuration('100000000d')).toBe(8_640_000_000_000_000);
  });

  it('can be looked at without an error, whatever it is', () => {
    expect(durationOf('10s')).toBe(10_000);
    expect(durationOf('ten')).toBeNaN();
    expect(durationOf('')).toBeNaN();
    expect(durationOf('999999999d')).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  });

  it('is not echoed at full length when it is nonsense', () => {
    const message = (): string => {
      try {
        return String(parseDuration('x'.repeat(10_000)));
      } catch (error) {
        return (error as MillraceError).message;
      }
    };
    expect(message().length).toBeLessThan(100);
  });

  it('comes back from its text as it was', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (durationMs) => {
        expect(parseDuration(formatDuration(durationMs))).toBe(durationMs);
      }),
    );
  });

  it('has a text that is a duration of the schema too', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (durationMs) => {
        expect(formatDuration(durationMs)).toMatch(durationPattern);
      }),
    );
  });

  it.each([
    [0, '0s'],
    [1, '1ms'],
    [999, '999ms'],
    [1000, '1s'],
    [1500, '1s500ms'],
    [60_000, '1m'],
    [90_000, '1m30s'],
    [5_400_000, '1h30m'],
    [86_400_000, '1d'],
    [131_415_250, '1d12h30m15s250ms'],
  ])('of %d ms is written %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  it.each([-1, 0.5, NaN, Infinity, 2 ** 60])('cannot be written for %d ms', (durationMs) => {
    expect(() => formatDuration(durationMs)).toThrow(MillraceError);
  });

  it('is read in any sum of its units, the largest first', () => {
    const amounts = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99));
    fc.assert(
      fc.property(amounts, ([d, h, m, s, ms]) => {
        const text = `${d}d${h}h${m}m${s}s${ms}ms`;
        expect(parseDuration(text)).toBe(d * 86_400_000 + h * 3_600_000 + m * 60_000 + s * 1000 + ms);
      }),
    );
  });
});
