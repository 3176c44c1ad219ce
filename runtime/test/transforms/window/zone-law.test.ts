import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cumulative, sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import { createLayout } from '../../../src/transforms/window/aligned-layout.ts';
import type { AlignedAssigner } from '../../../src/transforms/window/layout.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'Asia/Tehran',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Casablanca',
];

/** What a clock on the wall shows, as if it were UTC, by the platform's own calendar. */
const wallClock = (zone: string): ((timeMs: number) => number) => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (timeMs) => {
    const parts = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    const [year, month, day] = [Number(parts['year']), Number(parts['month']), Number(parts['day'])];
    const [hour, minute, second] = [Number(parts['hour']), Number(parts['minute']), Number(parts['second'])];
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((timeMs % 1000) + 1000) % 1000);
  };
};

/** Instants of the last decades, many of them near to a change of some clock. */
const instant = fc.oneof(
  fc.integer({ min: Date.UTC(1995, 0, 1), max: Date.UTC(2035, 0, 1) }),
  fc
    .tuple(
      fc.constantFrom(
        Date.UTC(2024, 2, 31, 1),
        Date.UTC(2024, 9, 27, 1),
        Date.UTC(2024, 2, 10, 7),
        Date.UTC(2024, 10, 3, 6),
        Date.UTC(2024, 3, 6, 15),
        Date.UTC(2024, 9, 5, 15, 30),
        Date.UTC(2011, 11, 30, 10),
        Date.UTC(2018, 10, 4, 3),
      ),
      fc.integer({ min: -50 * hourMs, max: 50 * hourMs }),
    )
    .map(([changeMs, awayMs]) => changeMs + awayMs),
);

const windowsAt = (assigner: WindowAssigner, timeMs: number) => {
  const layout = createLayout(assigner as AlignedAssigner);
  return [...layout.windowsOf(layout.cellOf(timeMs))];
};

describe.each(zones)('windows of days in %s', (timeZone) => {
  const toWall = wallClock(timeZone);

  it('begin at midnight on the wall, hold the instant, and are followed by the next one', () => {
    fc.assert(
      fc.property(instant, (timeMs) => {
        const [day] = windowsAt(tumbling('1d', { timeZone }), timeMs);
        if (day === undefined) throw new Error('no window');
        expect(day.startMs).toBeLessThanOrEqual(timeMs);
        expect(day.endMs).toBeGreaterThan(timeMs);
        // A day whose midnight was skipped begins at the instant of the skip.
        const startsOn = toWall(day.startMs);
        expect(startsOn - Math.floor(startsOn / dayMs) * dayMs).toBeLessThanOrEqual(hourMs);
        expect(toWall(day.startMs - 1)).toBeLessThan(Math.ceil(startsOn / dayMs) * dayMs + hourMs);
        const [next] = windowsAt(tumbling('1d', { timeZone }), day.endMs);
        expect(next?.startMs).toBe(day.endMs);
      }),
      { numRuns: 150 },
    );
  });

  it('shows the same day on the wall for all its instants', () => {
    fc.assert(
      fc.property(instant, fc.nat(999), (timeMs, part) => {
        const [day] = windowsAt(tumbling('1d', { timeZone }), timeMs);
        if (day === undefined) throw new Error('no window');
        const other = Math.floor(day.startMs + (part / 1000) * (day.endMs - day.startMs));
        expect(windowsAt(tumbling('1d', { timeZone }), other)).toEqual([day]);
        expect(Math.floor(toWall(other) / dayMs)).toBe(Math.floor(toWall(timeMs) / dayMs));
      }),
      { numRuns: 150 },
    );
  });

  it('that slide or grow are made of the instants of the same days', () => {
    fc.assert(
      fc.property(instant, (timeMs) => {
        const [day] = windowsAt(tumbling('1d', { timeZone }), timeMs);
        const sliding3 = windowsAt(sliding('3d', '1d', { timeZone }), timeMs);
        expect(sliding3).toHaveLength(3);
        for (const window of sliding3) {
          expect(window.startMs).toBeLessThanOrEqual(timeMs);
          expect(window.endMs).toBeGreaterThan(timeMs);
        }
        expect(sliding3.map(({ startMs }) => startMs)).toContain(day?.startMs);
        expect(sliding3.map(({ endMs }) => endMs)).toContain(day?.endMs);
        const growing = windowsAt(cumulative('6h', '1d', { timeZone }), timeMs);
        expect(growing.length).toBeGreaterThan(0);
        for (const window of growing) {
          expect(window.startMs).toBe(day?.startMs);
          expect(window.endMs).toBeGreaterThan(timeMs);
          expect(window.endMs).toBeLessThanOrEqual(day?.endMs ?? 0);
        }
        expect(Math.max(...growing.map(({ endMs }) => endMs))).toBe(day?.endMs);
      }),
      { numRuns: 100 },
    );
  });
});
