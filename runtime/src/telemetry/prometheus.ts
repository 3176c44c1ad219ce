import { type Metric, Registry } from 'prom-client';
import { type HistogramData, upperBound } from './histogram.ts';
import { metricMeanings } from './metric-names.ts';
import type { MetricSnapshot } from './metrics.ts';

/**
 * All that may stand in a label: names from the job's graph, and of the operator's calls and queue. Values and keys of records never do.
 */
export type MetricLabels = Readonly<
  Partial<
    Record<
      'job' | 'task' | 'source' | 'transform' | 'slot' | 'state' | 'verb' | 'resource' | 'code' | 'priority',
      string
    >
  >
>;

/** Metrics that have their labels in common. */
export interface MetricScope {
  readonly labels: MetricLabels;
  readonly snapshot: MetricSnapshot;
}

export const prometheusMediaType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/** Functions name their metrics themselves: however many they think of, a scrape stays readable. */
const mostFamilies = 2000;
/** Boundaries of histograms, the same in all so that they can be added up: powers of four from a microsecond (in ms) to a TiB. */
const boundaries: readonly number[] = Array.from({ length: 26 }, (_, i) => 4 ** (i - 5));

type Kind = 'counter' | 'gauge' | 'histogram';

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: Kind;
  readonly values: Sample[];
  /** Labels that have a value already: a second one would spoil the whole scrape. */
  readonly seen: Set<string>;
}

/** `numRecordsIn` as Prometheus writes names: `num_records_in`. */
const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();

const histogramSamples = (name: string, labels: MetricLabels, data: HistogramData): Sample[] => {
  const below = (bound: number): number =>
    data.buckets.reduce((sum, [bucket, count]) => (upperBound(bucket) <= bound ? sum + count : sum), 0);
  const bucket = (le: string, value: number): Sample => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value,
  });
  return [
    ...boundaries.map((bound) => bucket(String(bound), below(bound))),
    bucket('+Inf', data.count),
    { metricName: `${name}_sum`, labels, value: data.sum },
    { metricName: `${name}_count`, labels, value: data.count },
  ];
};

/** Groups metrics of all scopes by name. */
class Families {
  readonly all = new Map<string, Family>();
  leftOut = 0;
  /** Every name that a line may begin with. */
  private readonly taken = new Set<string>();

  add({ labels, snapshot }: MetricScope, prefix: string): void {
    for (const [name, value] of Object.entries(snapshot.counters)) {
      this.put(`${prefix}_${snakeCase(name)}_total`, name, 'counter', labels, () => [{ labels, value }]);
    }
    for (const [name, { value }] of Object.entries(snapshot.gauges)) {
      if (Number.isNaN(value)) continue;
      this.put(`${prefix}_${snakeCase(name)}`, name, 'gauge', labels, () => [{ labels, value }]);
    }
    for (const [name, data] of Object.entries(snapshot.histograms)) {
      this.put(`${prefix}_${snakeCase(name)}`, name, 'histogram', labels, (family) =>
        histogramSamples(family, labels, data),
      );
    }
    for (const [name, group] of Object.entries(snapshot.groups)) {
      this.add({ labels, snapshot: group }, `${prefix}_${snakeCase(name)}`);
    }
  }

  private put(
    name: string,
    ownName: string,
    type: Kind,
    labels: MetricLabels,
    samples: (family: string) => Sample[],
  ): void {
    const family = this.family(name, type, ownName) ?? this.family(`${name}_${type}`, type, ownName);
    const place = JSON.stringify(
      Object.entries(labels)
        .map(([label, text]) => `${label}=${text}`)
        .toSorted(),
    );
    if (family === undefined || family.seen.has(place)) {
      this.leftOut++;
      return;
    }
    family.seen.add(place);
    family.values.push(...samples(family.name));
  }

  /** The family of this name; undefined when the name belongs to one of another kind, or when there are too many. */
  private family(name: string, type: Kind, ownName: string): Family | undefined {
    const known = this.all.get(name);
    if (known !== undefined) return known.type === type ? known : undefined;
    const lines = type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
    if (this.all.size >= mostFamilies || lines.some((line) => this.taken.has(line))) return undefined;
    for (const line of lines) this.taken.add(line);
    const meaning = Object.hasOwn(metricMeanings, ownName) ? metricMeanings[ownName] : undefined;
    const help = meaning ?? `The ${type} ${ownName}.`;
    const family: Family = { name, help, type, values: [], seen: new Set() };
    this.all.set(name, family);
    return family;
  }
}

/** Metrics as Prometheus reads them. */
export const prometheusText = (scopes: readonly MetricScope[]): Promise<string> => {
  const families = new Families();
  for (const scope of scopes) families.add(scope, 'millrace');
  const registry = new Registry();
  for (const family of families.all.values()) register(registry, family);
  const values = [{ labels: {}, value: families.leftOut }];
  const help = 'Metrics that are not shown, since there are too many or two have the same name.';
  register(registry, { name: 'millrace_left_out_metrics', help, type: 'gauge', values, seen: new Set() });
  return registry.metrics();
};

/** The registry asks a metric for nothing but this; its own classes want to count by themselves. */
const register = (registry: Registry, { name, help, type, values }: Family): void =>
  registry.registerMetric({ name, get: async () => ({ name, help, type, values }) } as unknown as Metric);
