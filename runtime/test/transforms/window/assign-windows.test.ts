import { describe, expect, it } from 'vitest';
import {
  countWindow,
  cumulative,
  customWindow,
  globalWindow,
  session,
  sliding,
  tumbling,
} from '../../../src/api/windows.ts';
import { checkGap, createAssignWindows } from '../../../src/transforms/window/assign-windows.ts';

const span = (startMs: number, endMs: number): { startMs: number; endMs: number } => ({ startMs, endMs });

describe('assigning windows', () => {
  it('gives the windows of an instant, one call like another', () => {
    const assign = createAssignWindows(sliding(10, 5));
    expect(assign(undefined, 7)).toEqual([span(0, 10), span(5, 15)]);
    expect(assign(undefined, 9)).toEqual([span(0, 10), span(5, 15)]);
    expect(assign(undefined, 10)).toEqual([span(5, 15), span(10, 20)]);
    expect(assign(undefined, 7)).toEqual([span(0, 10), span(5, 15)]);
    expect(createAssignWindows(tumbling(10, { offset: 3 }))(undefined, 2)).toEqual([span(-7, 3)]);
    expect(createAssignWindows(cumulative(5, 10))(undefined, 3)).toEqual([span(0, 5), span(0, 10)]);
  });

  it('gives all time for global and count windows', () => {
    for (const assigner of [globalWindow(), countWindow(3)]) {
      expect(createAssignWindows(assigner)(undefined, Number.NaN)).toEqual([span(-Infinity, Infinity)]);
    }
  });

  it('gives each record a session of its gap', () => {
    expect(createAssignWindows(session(10))(undefined, 5)).toEqual([span(5, 15)]);
    expect(createAssignWindows(session((value: number) => value))(7, 5)).toEqual([span(5, 12)]);
    expect(() => createAssignWindows(session(() => 0))(7, 5)).toThrow('The gap of a session is 0');
  });

  it('gives what a function of the author gives', () => {
    const assign = createAssignWindows(
      customWindow((value: string, timeMs) => [span(timeMs, timeMs + value.length)]),
    );
    expect(assign('abc', 5)).toEqual([span(5, 8)]);
  });
});

describe('the gap of a session', () => {
  it.each([1, 0.5, 1e12])('may be %d', (gapMs) => {
    expect(checkGap(gapMs)).toBe(gapMs);
  });

  it.each([0, -1, Number.NaN, Infinity, '1', null, undefined, 5n])('may not be %s', (gapMs) => {
    expect(() => checkGap(gapMs)).toThrow('not a number of ms above 0');
  });
});
