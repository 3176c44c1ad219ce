/**
 * `telemetry` is what a running program says about itself: metrics (numbers that are read now and then) and log lines.
 *
 * A *counter* only grows, a *gauge* is the value of now, a *histogram* is the distribution of many values in fixed memory. A
 * *metric group* names them and nests: job, task, transform. Recording is a field increment and allocates nothing; all work is done
 * when somebody takes a *snapshot*, plain data that can cross threads and be merged with the snapshots of other slots.
 */
import { MillraceError } from '../contract/errors.ts';
import { Histogram, type HistogramData } from './histogram.ts';

/** A number that only grows. In a hot loop `counter.value += 1` is the same as `increment()`. */
export class Counter {
  value: number = 0;

  increment(amount: number = 1): void {
    this.value += amount;
  }
}

/** How the values of one gauge in several slots become one. */
export type GaugeMerge = 'sum' | 'minimum' | 'maximum' | 'average';

/** The value of now: either set when it changes, or read by a function when a snapshot is taken. */
export class Gauge {
  value: number;
  readonly merge: GaugeMerge;
  readonly #read: (() => number) | undefined;

  constructor(merge: GaugeMerge = 'sum', read?: () => number) {
    this.merge = merge;
    this.#read = read;
    this.value = read === undefined ? 0 : Number.NaN;
  }

  set(value: number): void {
    this.value = value;
  }

  /** The value of now; NaN when the function that reads it throws, since a metric must never fail a job. */
  read(): number {
    if (this.#read === undefined) return this.value;
    try {
      return this.#read();
    } catch {
      return Number.NaN;
    }
  }
}

/** A gauge in a snapshot; `weight` is the number of slots behind it, which averages need. NaN = not known. */
export interface GaugeData {
  readonly value: number;
  readonly merge: GaugeMerge;
  readonly weight: number;
}

/** Everything in a group at one moment, as plain data without prototypes to lose on the way to another thread. */
export interface MetricSnapshot {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, GaugeData>>;
  readonly histograms: Readonly<Record<string, HistogramData>>;
  readonly groups: Readonly<Record<string, MetricSnapshot>>;
}

type Metric = Counter | Gauge | Histogram;

const mapValues = <V, R>(
  entries: Iterable<readonly [string, V]>,
  change: (value: V) => R,
): Record<string, R> => Object.fromEntries([...entries].map(([name, value]) => [name, change(value)]));

/**
 * A named scope of metrics. Asking twice for a name gives the same metric, so a function that is opened again goes on counting.
 * Two groups share nothing: a program makes one root and hands it down.
 */
export class MetricGroup {
  readonly #metrics: Map<string, Metric> = new Map();
  readonly #groups: Map<string, MetricGroup> = new Map();

  /** @throws MillraceError job-invalid when the name belongs to a metric of another kind; so do `gauge` and `histogram`. */
  counter(name: string): Counter {
    return this.#metric(name, 'counter', Counter, () => new Counter());
  }

  /** A gauge that is set by hand, or read by `read` at each snapshot. For a name that exists, `merge` and `read` are not looked at. */
  gauge(name: string, merge?: GaugeMerge, read?: () => number): Gauge {
    return this.#metric(name, 'gauge', Gauge, () => new Gauge(merge, read));
  }

  histogram(name: string): Histogram {
    return this.#metric(name, 'histogram', Histogram, () => new Histogram());
  }

  /** The group of this name inside of this one; made when asked for first. */
  group(name: string): MetricGroup {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const made = new MetricGroup();
    this.#groups.set(name, made);
    return made;
  }

  /** All metrics of this group and the groups inside of it. The snapshot shares no memory with the group. */
  snapshot(): MetricSnapshot {
    const only = <M extends Metric>(kind: new (...args: never[]) => M): (readonly [string, M])[] =>
      [...this.#metrics].filter((entry): entry is [string, M] => entry[1] instanceof kind);
    return {
      counters: mapValues(only(Counter), (counter) => counter.value),
      gauges: mapValues(only(Gauge), (gauge) => ({ value: gauge.read(), merge: gauge.merge, weight: 1 })),
      histograms: mapValues(only(Histogram), (histogram) => histogram.data()),
      groups: mapValues(this.#groups, (group) => group.snapshot()),
    };
  }

  #metric<M extends Metric>(name: string, kind: string, type: new (...args: never[]) => M, make: () => M): M {
    const known = this.#metrics.get(name);
    if (known instanceof type) return known;
    if (known !== undefined) {
      throw new MillraceError('job-invalid', `The metric “${name}” exists already and is not a ${kind}.`, {
        hint: 'Give each metric of a function a name of its own.',
        where: { metric: name },
      });
    }
    const made = make();
    this.#metrics.set(name, made);
    return made;
  }
}
