import { Histogram } from './histogram.ts';
import type { MetricSnapshot } from './metrics.ts';

/**
 * All metrics of a group by name, as numbers: of a histogram how many values there are, and quantiles; those of inner groups behind the
 * group's name and a dot. null = not known now.
 */
export const flatMetrics = (snapshot: MetricSnapshot): Record<string, number | null> => {
  const flat: Record<string, number | null> = {};
  const put = (name: string, value: number): void => {
    flat[name] = Number.isFinite(value) ? value : null;
  };
  const add = ({ counters, gauges, histograms, groups }: MetricSnapshot, prefix: string): void => {
    for (const [name, value] of Object.entries(counters)) put(prefix + name, value);
    for (const [name, { value }] of Object.entries(gauges)) put(prefix + name, value);
    for (const [name, data] of Object.entries(histograms)) {
      const { count, mean, p50, p99, maximum } = Histogram.from(data).summary();
      for (const [part, value] of Object.entries({ count, mean, p50, p99, maximum })) {
        put(`${prefix}${name}.${part}`, value);
      }
    }
    for (const [name, group] of Object.entries(groups)) add(group, `${prefix}${name}.`);
  };
  add(snapshot, '');
  return flat;
};
