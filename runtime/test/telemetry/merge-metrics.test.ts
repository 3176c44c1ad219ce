import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeMetrics } from '../../src/telemetry/merge-metrics.ts';
import { type GaugeMerge, MetricGroup, type MetricSnapshot } from '../../src/telemetry/metrics.ts';

fc.configureGlobal({ seed: 20_011 });

const empty: MetricSnapshot = { counters: {}, gauges: {}, histograms: {}, groups: {} };

const slot = (fill: (group: MetricGroup) => void): MetricSnapshot => {
  const group = new MetricGroup();
  fill(group);
  return group.snapshot();
};

const withGauge = (merge: GaugeMerge, ...values: readonly number[]): MetricSnapshot[] =>
  values.map((value) => slot((group) => group.gauge('level', merge).set(value)));

const merges: readonly GaugeMerge[] = ['sum', 'minimum', 'maximum', 'average'];

/** Snapshots as several slots of one job make them: the same names mean the same kind everywhere. */
const snapshots = fc.array(
  fc.record({
    counters: fc.dictionary(fc.constantFrom('in', 'out', 'late'), fc.nat(1000)),
    // Small whole numbers, so that sums and averages are exact in any order.
    gauges: fc.dictionary(fc.constantFrom(...merges), fc.integer({ min: -64, max: 64 })),
    values: fc.array(fc.nat(500), { maxLength: 5 }),
    inner: fc.dictionary(fc.constantFrom('map', 'sink'), fc.nat(10)),
  }),
  { maxLength: 6 },
);

const toSnapshot = (data: {
  counters: Record<string, number>;
  gauges: Record<string, number>;
  values: readonly number[];
  inner: Record<string, number>;
}): MetricSnapshot =>
  slot((group) => {
    for (const [name, value] of Object.entries(data.counters)) group.counter(name).increment(value);
    for (const [name, value] of Object.entries(data.gauges)) group.gauge(name, name as GaugeMerge).set(value);
    for (const value of data.values) group.histogram('sizes').record(value);
    for (const [name, value] of Object.entries(data.inner))
      group.group(name).counter('errors').increment(value);
  });

const closeTo = (left: MetricSnapshot, right: MetricSnapshot): void => {
  const rounded = (snapshot: MetricSnapshot): unknown =>
    JSON.parse(
      JSON.stringify(snapshot, (_, value: unknown) =>
        typeof value === 'number' ? Number(value.toFixed(9)) : value,
      ),
    );
  expect(rounded(left)).toEqual(rounded(right));
};

describe('the metrics of several slots', () => {
  it('are those of one slot when there is only one', () => {
    const one = slot((group) => {
      group.counter('in').increment(3);
      group.gauge('busy', 'average').set(0.25);
      group.histogram('sizes').record(5);
      group.group('map').counter('out').increment(2);
    });
    expect(mergeMetrics([one])).toEqual(one);
  });

  it('are empty when there is none', () => {
    expect(mergeMetrics([])).toEqual(empty);
  });

  it('add counters up, and take a counter that a slot lacks as nothing', () => {
    const merged = mergeMetrics([
      slot((group) => group.counter('in').increment(3)),
      slot((group) => group.counter('in').increment(4)),
      slot((group) => group.counter('out').increment(5)),
    ]);
    expect(merged.counters).toEqual({ in: 7, out: 5 });
  });

  it.each([
    ['sum', 12],
    ['minimum', 2],
    ['maximum', 6],
    ['average', 4],
  ] as const)('combine a gauge by its %s when it says so', (merge, value) => {
    expect(mergeMetrics(withGauge(merge, 2, 6, 4)).gauges['level']).toMatchObject({
      value,
      merge,
      weight: 3,
    });
  });

  it('weigh averages by the number of slots behind them', () => {
    const two = mergeMetrics(withGauge('average', 0, 0));
    const merged = mergeMetrics([two, ...withGauge('average', 9)]);
    expect(merged.gauges['level']).toEqual({ value: 3, merge: 'average', weight: 3 });
  });

  it.each(merges)('leave a slot that does not know its value out of the %s', (merge) => {
    const merged = mergeMetrics(withGauge(merge, NaN, 7, NaN));
    expect(merged.gauges['level']).toMatchObject({ value: 7, weight: 1 });
  });

  it('do not know a gauge that no slot knows', () => {
    expect(mergeMetrics(withGauge('sum', NaN, NaN)).gauges['level']?.value).toBeNaN();
  });

  it('merge histograms as if one had recorded everything', () => {
    const parts = [[1, 2], [300], []].map((values) =>
      slot((group) => {
        for (const value of values) group.histogram('sizes').record(value);
      }),
    );
    const whole = slot((group) => {
      for (const value of [1, 2, 300]) group.histogram('sizes').record(value);
    });
    expect(mergeMetrics(parts).histograms).toEqual(whole.histograms);
  });

  it('merge groups of the same name and keep the others', () => {
    const merged = mergeMetrics([
      slot((group) => group.group('map').group('inner').counter('in').increment(1)),
      slot((group) => group.group('map').group('inner').counter('in').increment(2)),
      slot((group) => group.group('sink').counter('in').increment(4)),
    ]);
    expect(merged.groups['map']?.groups['inner']?.counters).toEqual({ in: 3 });
    expect(merged.groups['sink']?.counters).toEqual({ in: 4 });
  });

  it('do not depend on the order of the slots', () => {
    fc.assert(
      fc.property(snapshots, (data) => {
        const all = data.map(toSnapshot);
        closeTo(mergeMetrics(all.toReversed()), mergeMetrics(all));
      }),
    );
  });

  it('can be merged worker by worker or all at once', () => {
    fc.assert(
      fc.property(snapshots, fc.nat(6), (data, cut) => {
        const all = data.map(toSnapshot);
        const byWorker = [mergeMetrics(all.slice(0, cut)), mergeMetrics(all.slice(cut))];
        closeTo(mergeMetrics(byWorker), mergeMetrics(all));
      }),
    );
  });

  it('leave the snapshots that they are made of as they are', () => {
    const parts = withGauge('sum', 1, 2);
    const copies = structuredClone(parts);
    mergeMetrics(parts);
    expect(parts).toEqual(copies);
  });

  it('merge a name that means something to JavaScript like any other', () => {
    const part = slot((group) => group.counter('__proto__').increment(2));
    const { counters } = mergeMetrics([part, part]);
    expect(Object.getOwnPropertyDescriptor(counters, '__proto__')?.value).toBe(4);
  });
});
