import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geometricMean, medianOf, toRow } from '../../bench/row.ts';
import type { Measurement, Scenario } from '../../bench/scenario.ts';

const unused = (): Promise<Measurement> => Promise.reject(new Error('not run'));
const measured = (given: Partial<Measurement> = {}): Measurement => ({
  records: 1_000_000,
  seconds: 2,
  cpuSeconds: 1,
  peakRssMiB: 100,
  ...given,
});
const scenario = (given: Partial<Scenario> = {}): Scenario => ({
  name: 'map',
  title: 'a map',
  subject: unused,
  bars: [],
  ...given,
});

describe('a row of the table', () => {
  it('tells speed by the wall clock and cost by CPU-seconds of a million records', () => {
    const row = toRow(scenario(), { subject: [measured({ records: 4_000_000, cpuSeconds: 3 })] });

    expect(row).toMatchObject({ records: 4_000_000, seconds: 2, recordsPerSecond: 2e6, peakRssMiB: 100 });
    expect(row.cpuSecondsPerMillion).toBeCloseTo(0.75);
    expect(row.figures['recordsPerCpuSecond']).toBeCloseTo(4e6 / 3);
    expect([row.baseline, row.ratio, row.note]).toEqual([undefined, undefined, undefined]);
  });

  it('compares cost with a part of the same run, whatever the numbers of records', () => {
    const baseline = { name: 'a loop', part: unused };
    const row = toRow(scenario({ baseline }), {
      subject: [measured({ cpuSeconds: 0.5 })],
      baseline: [measured({ records: 2_000_000, cpuSeconds: 3 })],
    });

    expect(row.baseline).toEqual({ name: 'a loop', cpuSecondsPerMillion: 1.5 });
    expect(row.ratio).toBeCloseTo(3);
  });

  it('compares cost with one that was recorded elsewhere', () => {
    const baseline = { name: 'Flink', cpuSecondsPerMillion: 4 };
    const row = toRow(scenario({ baseline }), { subject: [measured()] });

    expect(row.baseline).toEqual(baseline);
    expect(row.ratio).toBe(4);
  });

  it('compares by the wall clock where a scenario says so', () => {
    const row = toRow(scenario({ baseline: { name: 'one slot', part: unused }, byWallClock: true }), {
      subject: [measured({ seconds: 1, cpuSeconds: 9 })],
      baseline: [measured({ seconds: 1.8 })],
    });
    expect(row.ratio).toBeCloseTo(1.8);
  });

  it('says of each bar whether it is met, and of one without a figure that it is not', () => {
    const bars = [
      { figure: 'recordsPerCpuSecond', atLeast: 1e6 },
      { figure: 'recordsPerCpuSecond', atLeast: 1e6 + 1 },
      { figure: 'bytesPerKey', atMost: 64 },
      { figure: 'bytesPerKey', atMost: 63 },
      { figure: 'ratio', atLeast: 0.1 },
      { figure: 'latencyP99Ms', atMost: 10 },
    ];
    const figures = (): Record<string, number> => ({ bytesPerKey: 64 });
    const row = toRow(scenario({ bars, figures }), {
      subject: [measured({ figures: { latencyP99Ms: Number.NaN } })],
    });
    expect(row.bars.map(({ met }) => met)).toEqual([true, false, true, false, false, false]);
  });

  it('gives the figures of a scenario the medians of its parts', () => {
    const figures: Scenario['figures'] = ({ subject, small }) => ({
      added: (subject?.stateRssBytes ?? 0) - (small?.stateRssBytes ?? 0),
    });
    const row = toRow(scenario({ small: unused, figures }), {
      subject: [1, 3, 2].map((cpuSeconds) => measured({ cpuSeconds, stateRssBytes: cpuSeconds * 100 })),
      small: [measured({ stateRssBytes: 50 })],
    });
    expect(row.figures['added']).toBe(150);
  });

  it('is refused for a scenario that was not measured', () => {
    expect(() => toRow(scenario(), {})).toThrow('was not measured');
    expect(() => toRow(scenario(), { subject: [] })).toThrow('median');
  });
});

describe('the median of measurements', () => {
  it('is one of them, with as many cheaper as dearer ones', () => {
    const costs = fc.array(fc.double({ min: 0.1, max: 100, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(costs, fc.boolean(), (values, byWallClock) => {
        const key = byWallClock ? 'seconds' : 'cpuSeconds';
        const median = medianOf(
          values.map((value) => measured({ [key]: value })),
          byWallClock,
        )[key];
        expect(values).toContain(median);
        const half = values.length / 2;
        expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(half);
        expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(half);
      }),
    );
  });

  it('counts the time of a record, not that of a run', () => {
    const cheap = measured({ records: 10_000_000, cpuSeconds: 5 });
    const dear = measured({ cpuSeconds: 1 });
    expect(medianOf([dear, cheap], false)).toBe(cheap);
  });
});

describe('the geometric mean', () => {
  it('lies between the least and the greatest, and turns around with its numbers', () => {
    const ratios = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(ratios, (values) => {
        const mean = geometricMean(values) ?? Number.NaN;
        expect(mean).toBeGreaterThanOrEqual(Math.min(...values) * (1 - 1e-9));
        expect(mean).toBeLessThanOrEqual(Math.max(...values) * (1 + 1e-9));
        expect(geometricMean(values.map((value) => 1 / value))).toBeCloseTo(1 / mean, 6);
      }),
    );
  });

  it('of nothing is unknown, of 2 and 8 is 4', () => {
    expect(geometricMean([])).toBeUndefined();
    expect(geometricMean([2, 8])).toBeCloseTo(4);
  });
});
