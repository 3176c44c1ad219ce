import { Histogram, type HistogramData } from './histogram.ts';
import type { GaugeData, MetricSnapshot } from './metrics.ts';

const mergedValue = (left: GaugeData, right: GaugeData): number => {
  switch (left.merge) {
    case 'sum':
      return left.value + right.value;
    case 'minimum':
      return Math.min(left.value, right.value);
    case 'maximum':
      return Math.max(left.value, right.value);
    case 'average':
      return (left.value * left.weight + right.value * right.weight) / (left.weight + right.weight);
  }
};

/** A slot that does not know its value says nothing about the whole. */
const mergeGauges = (left: GaugeData, right: GaugeData): GaugeData => {
  if (Number.isNaN(left.value)) return right;
  if (Number.isNaN(right.value)) return left;
  return { value: mergedValue(left, right), merge: left.merge, weight: left.weight + right.weight };
};

const mergeHistograms = (left: HistogramData, right: HistogramData): HistogramData => {
  const merged = new Histogram();
  merged.add(left);
  merged.add(right);
  return merged.data();
};

type Named<V> = Readonly<Record<string, V>>;

const mergeNamed = <V>(all: readonly Named<V>[], merge: (left: V, right: V) => V): Record<string, V> => {
  const merged = new Map<string, V>();
  for (const named of all) {
    for (const [name, value] of Object.entries(named)) {
      const known = merged.get(name);
      merged.set(name, known === undefined ? value : merge(known, value));
    }
  }
  return Object.fromEntries(merged);
};

/**
 * The snapshots of several slots as one: counters and histograms add up, gauges do as they say of themselves, groups of the same
 * name become one. The order of the snapshots does not matter; no snapshots give an empty one.
 */
export const mergeMetrics = (snapshots: readonly MetricSnapshot[]): MetricSnapshot => ({
  counters: mergeNamed(
    snapshots.map((snapshot) => snapshot.counters),
    (left, right) => left + right,
  ),
  gauges: mergeNamed(
    snapshots.map((snapshot) => snapshot.gauges),
    mergeGauges,
  ),
  histograms: mergeNamed(
    snapshots.map((snapshot) => snapshot.histograms),
    mergeHistograms,
  ),
  groups: mergeNamed(
    snapshots.map((snapshot) => snapshot.groups),
    (left, right) => mergeMetrics([left, right]),
  ),
});
