import { describe, expect, it } from 'vitest';
import { flatMetrics } from '../../src/telemetry/flat-metrics.ts';
import { MetricGroup } from '../../src/telemetry/metrics.ts';

describe('metrics as numbers by name', () => {
  it('are counters, gauges, and figures of histograms, inner groups behind a dot', () => {
    const group = new MetricGroup();
    group.counter('seen').increment(3);
    group.gauge('lag').set(1.5);
    group.gauge('unknown', 'sum', () => NaN);
    group.group('cache').counter('hits').increment(2);
    group.histogram('took').record(8);
    expect(flatMetrics(group.snapshot())).toEqual({
      seen: 3,
      lag: 1.5,
      unknown: null,
      'cache.hits': 2,
      'took.count': 1,
      'took.mean': 8,
      'took.p50': 8,
      'took.p99': 8,
      'took.maximum': 8,
    });
  });

  it('of a histogram without values are not known', () => {
    const group = new MetricGroup();
    group.histogram('took');
    expect(flatMetrics(group.snapshot())).toMatchObject({ 'took.count': 0, 'took.p99': null });
  });
});
