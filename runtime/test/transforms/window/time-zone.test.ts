import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count } from '../../../src/api/aggregates.ts';
import { cumulative, sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import { createLayout } from '../../../src/transforms/window/aligned-layout.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import type { AlignedAssigner } from '../../../src/transforms/window/layout.ts';
import { TimeZone } from '../../../src/transforms/window/time-zone.ts';
import { drive, fakeContext } from '../support.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const utc = (text: string): number => Date.parse(`${text}Z`);
const iso = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 16);

const layoutOf = (assigner: WindowAssigner): ReturnType<typeof createLayout> =>
  createLayout(assigner as AlignedAssigner);

/** The windows of an instant as texts in UTC. */
const windowsAt = (assigner: WindowAssigner, at: string): string[] => {
  const layout = layoutOf(assigner);
  return layout
    .windowsOf(layout.cellOf(utc(at)))
    .map(({ startMs, endMs }) => `${iso(startMs)} – ${iso(endMs)}`);
};

describe('a time zone', () => {
  it.each([
    ['Europe/Berlin', '2024-01-01T00:00', 1],
    ['Europe/Berlin', '2024-07-01T00:00', 2],
    ['America/New_York', '2024-07-01T00:00', -4],
    ['Asia/Kathmandu', '2024-07-01T00:00', 5.75],
    ['Australia/Lord_Howe', '2024-01-01T00:00', 11],
    ['Australia/Lord_Howe', '2024-07-01T00:00', 10.5],
    ['UTC', '2024-07-01T00:00', 0],
  ])('%s is at %s as far from UTC as it is', (name, at, hours) => {
    expect(new TimeZone(name).offsetMs(utc(at))).toBe(hours * hourMs);
  });

  it('changes its offset at the very millisecond', () => {
    const berlin = new TimeZone('Europe/Berlin');
    const springMs = utc('2024-03-31T01:00');
    expect([springMs - 1, springMs, springMs - 1].map((timeMs) => berlin.offsetMs(timeMs) / hourMs)).toEqual([
      1, 2, 1,
    ]);
    const autumnMs = utc('2024-10-27T01:00');
    expect([autumnMs, autumnMs - 1].map((timeMs) => berlin.offsetMs(timeMs) / hourMs)).toEqual([1, 2]);
  });

  it('takes a skipped wall time as the instant of the skip, and of a doubled one the first', () => {
    const berlin = new TimeZone('Europe/Berlin');
    expect(iso(berlin.fromLocalMs(utc('2024-03-31T02:30')))).toBe('2024-03-31T01:00');
    expect(iso(berlin.fromLocalMs(utc('2024-10-27T02:30')))).toBe('2024-10-27T00:30');
  });

  it('is the same whatever was asked before', () => {
    const berlin = new TimeZone('Europe/Berlin');
    const instants = fc.integer({ min: utc('1990-01-01T00:00'), max: utc('2040-01-01T00:00') });
    fc.assert(
      fc.property(instants, (timeMs) => {
        expect(berlin.offsetMs(timeMs)).toBe(new TimeZone('Europe/Berlin').offsetMs(timeMs));
        const again = berlin.fromLocalMs(berlin.toLocalMs(timeMs));
        expect([timeMs, timeMs - hourMs]).toContain(again);
      }),
      { numRuns: 50 },
    );
  });

  it('knows years before the first and far in the future', () => {
    expect(Number.isFinite(new TimeZone('Europe/Berlin').offsetMs(-70_000_000_000_000))).toBe(true);
    expect(new TimeZone('UTC').offsetMs(200_000_000_000_000)).toBe(0);
  });

  it('that does not exist is refused by name', () => {
    expect(() => new TimeZone('Europe/Atlantis')).toThrow('There is no time zone “Europe/Atlantis”');
  });
});

describe('windows of a day', () => {
  it('follow local midnight, 23 and 25 hours long when clocks are moved', () => {
    const daily = tumbling('1d', { timeZone: 'Europe/Berlin' });
    expect(windowsAt(daily, '2024-07-01T12:00')).toEqual(['2024-06-30T22:00 – 2024-07-01T22:00']);
    expect(windowsAt(daily, '2024-03-31T12:00')).toEqual(['2024-03-30T23:00 – 2024-03-31T22:00']);
    expect(windowsAt(daily, '2024-10-27T12:00')).toEqual(['2024-10-26T22:00 – 2024-10-27T23:00']);
  });

  it('begin where clocks skip midnight itself', () => {
    const daily = tumbling('1d', { timeZone: 'America/Sao_Paulo' });
    expect(windowsAt(daily, '2018-11-04T12:00')).toEqual(['2018-11-04T03:00 – 2018-11-05T02:00']);
    expect(windowsAt(daily, '2018-11-04T02:00')).toEqual(['2018-11-03T03:00 – 2018-11-04T03:00']);
  });

  it('may start later in the day', () => {
    const shifted = tumbling('1d', { timeZone: 'America/New_York', offset: '6h' });
    expect(windowsAt(shifted, '2024-07-01T12:00')).toEqual(['2024-07-01T10:00 – 2024-07-02T10:00']);
    expect(windowsAt(shifted, '2024-07-01T08:00')).toEqual(['2024-06-30T10:00 – 2024-07-01T10:00']);
  });

  it('count what comes by the local day', () => {
    const context = fakeContext();
    const window = {
      assigner: tumbling('1d', { timeZone: 'Europe/Berlin' }),
      allowedLatenessMs: 0,
      aggregation: { kind: 'builtIn' as const, aggregates: { records: count() } },
      keyed: true,
    };
    const processor = createWindowProcessor({ kind: 'window', window }, context);
    const instants = ['2024-03-30T22:59', '2024-03-30T23:00', '2024-03-31T21:59', '2024-03-31T22:00'];
    drive(processor, context, [
      ...instants.map((at) => ({ value: at, key: 'k', timestampMs: utc(at) })),
      { watermarkMs: Infinity },
    ]);
    expect(context.main.values.map((value) => (value as { records: number }).records)).toEqual([1, 2, 1]);
  });
});

describe('windows of hours', () => {
  const hourly = tumbling('1h', { timeZone: 'Europe/Berlin' });

  it('stay hours when a local hour comes twice', () => {
    expect(
      ['2024-10-27T00:30', '2024-10-27T01:30', '2024-10-27T02:30'].flatMap((at) => windowsAt(hourly, at)),
    ).toEqual([
      '2024-10-27T00:00 – 2024-10-27T01:00',
      '2024-10-27T01:00 – 2024-10-27T02:00',
      '2024-10-27T02:00 – 2024-10-27T03:00',
    ]);
  });

  it('are cut where a local hour is skipped', () => {
    const twoHourly = tumbling('2h', { timeZone: 'Europe/Berlin' });
    expect(
      ['2024-03-31T00:30', '2024-03-31T01:30', '2024-03-31T02:30'].flatMap((at) => windowsAt(twoHourly, at)),
    ).toEqual([
      '2024-03-30T23:00 – 2024-03-31T01:00',
      '2024-03-31T01:00 – 2024-03-31T02:00',
      '2024-03-31T02:00 – 2024-03-31T04:00',
    ]);
  });
});

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Atlantic/Azores',
];
/** Instants, many of them close to a move of clocks. */
const instants = fc.oneof(
  fc.integer({ min: utc('2010-01-01T00:00'), max: utc('2030-01-01T00:00') }),
  fc
    .tuple(
      fc.constantFrom(
        '2018-02-18T02:00',
        '2018-11-04T03:00',
        '2024-03-10T07:00',
        '2024-03-31T01:00',
        '2024-04-06T15:00',
        '2024-10-05T15:30',
        '2024-10-27T01:00',
        '2024-11-03T06:00',
      ),
      fc.integer({ min: -2 * dayMs, max: 2 * dayMs }),
    )
    .map(([at, offMs]) => utc(at) + offMs),
);

describe('windows in a time zone', () => {
  it('that tumble cover all time without gaps, each instant once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(900_000, hourMs, 2 * hourMs, dayMs, 7 * dayMs),
        instants,
        (timeZone, size, timeMs) => {
          const layout = layoutOf(tumbling(size, { timeZone }));
          const cell = layout.cellOf(timeMs);
          expect(layout.windowsOf(cell)).toEqual([cell]);
          expect(cell.startMs <= timeMs && timeMs < cell.endMs).toBe(true);
          expect(layout.cellOf(cell.startMs)).toEqual(cell);
          expect(layout.cellOf(cell.endMs - 1)).toEqual(cell);
          expect(layout.cellOf(cell.endMs).startMs).toBe(cell.endMs);
          expect(layout.cellOf(cell.startMs - 1).endMs).toBe(cell.startMs);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('that overlap have cells in which every instant is in the same windows', () => {
    const overlapping = fc.constantFrom<(timeZone: string) => WindowAssigner>(
      (timeZone) => sliding('1d', '6h', { timeZone }),
      (timeZone) => sliding('7d', '1d', { timeZone }),
      (timeZone) => cumulative('4h', '1d', { timeZone }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...zones), overlapping, instants, (timeZone, assigner, timeMs) => {
        const layout = layoutOf(assigner(timeZone));
        const cell = layout.cellOf(timeMs);
        const windows = layout.windowsOf(cell);
        expect(cell.startMs <= timeMs && timeMs < cell.endMs).toBe(true);
        expect(windows.length).toBeGreaterThan(0);
        for (const at of [cell.startMs, timeMs, cell.endMs - 1]) {
          expect(layout.cellOf(at)).toEqual(cell);
          expect(windows.every(({ startMs, endMs }) => startMs <= at && at < endMs)).toBe(true);
        }
        expect(layout.lastEndMs(cell)).toBe(Math.max(...windows.map(({ endMs }) => endMs)));
        expect(layout.firstWindow(cell, -Infinity)?.endMs).toBe(
          Math.min(...windows.map(({ endMs }) => endMs)),
        );
        expect(layout.firstWindow(cell, layout.lastEndMs(cell))).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });
});
