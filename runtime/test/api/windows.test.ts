import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  countWindow,
  cumulative,
  customWindow,
  globalWindow,
  session,
  sliding,
  tumbling,
} from '../../src/api/windows.ts';
import { errorOf } from './support.ts';

describe('an assigner', () => {
  test('is a plain value in event time and without offset, unless told otherwise', () => {
    const common = { time: 'event', offsetMs: 0, timeZone: undefined };
    expect(tumbling('10s')).toEqual({ kind: 'tumbling', sizeMs: 10_000, slideMs: 10_000, ...common });
    expect(sliding('10s', '2s')).toEqual({ kind: 'sliding', sizeMs: 10_000, slideMs: 2000, ...common });
    expect(cumulative('1h', '1d')).toEqual({
      kind: 'cumulative',
      sizeMs: 86_400_000,
      slideMs: 3_600_000,
      ...common,
    });
    expect(session('5m')).toEqual({ kind: 'session', time: 'event', gapMs: 300_000 });
    expect(globalWindow()).toEqual({ kind: 'global' });
    expect(countWindow(10)).toEqual({ kind: 'count', size: 10, slide: 10 });
    expect(countWindow(10, 3)).toEqual({ kind: 'count', size: 10, slide: 3 });
  });

  test('can follow the clock, an offset and a time zone', () => {
    expect(tumbling('1d', { time: 'processing', offset: '16h', timeZone: 'Asia/Tokyo' })).toMatchObject({
      time: 'processing',
      offsetMs: 57_600_000,
      timeZone: 'Asia/Tokyo',
    });
    expect(session('5m', { time: 'processing' })).toMatchObject({ time: 'processing' });
  });

  test('takes an offset modulo the distance between windows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.nat(10_000_000), (sizeMs, offset) => {
        const assigner = tumbling(sizeMs, { offset });
        expect(assigner).toMatchObject({ offsetMs: offset % sizeMs });
      }),
    );
  });

  test('keeps the functions of dynamic gaps and of windows of the author', () => {
    const gap = (value: { readonly gap: number }): number => value.gap;
    const assign = (_value: number, timestampMs: number) => [
      { startMs: timestampMs, endMs: timestampMs + 1 },
    ];
    expect(session(gap)).toMatchObject({ gapMs: gap });
    expect(customWindow(assign)).toEqual({ kind: 'custom', time: 'event', assign, merging: false });
    expect(customWindow(assign, { merging: true, time: 'processing' })).toMatchObject({
      merging: true,
      time: 'processing',
    });
  });

  test.each([
    ['a size of 0', () => tumbling(0)],
    ['a size of half a millisecond', () => tumbling(0.5)],
    ['a negative size', () => tumbling(-1)],
    ['a size that is no number', () => tumbling(Number.NaN)],
    ['a slide of 0', () => sliding('1m', 0)],
    ['a step that does not divide the size', () => cumulative('7s', '1m')],
    ['a gap of 0', () => session(0)],
    ['a negative offset', () => tumbling('1m', { offset: -1 })],
    ['a count of 0', () => countWindow(0)],
    ['a count that is not whole', () => countWindow(1.5)],
    ['a count slide of 0', () => countWindow(3, 0)],
  ])('is refused with %s', (_name, make) => {
    const error = errorOf(make);
    expect(error.code).toBe('job-invalid');
    expect(error.hint).toBeDefined();
  });
});
