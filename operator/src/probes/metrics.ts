/**
 * `probes` is what a cluster, Prometheus and whoever looks for a fault ask of a running operator: whether it lives and is ready, its
 * metrics, and a look inside. Here are its own numbers; nothing per job stands in a label, so a scrape stays small with 5,000 jobs.
 */

import { MetricGroup } from '../../../runtime/src/telemetry/metrics.ts';
import type { MetricLabels, MetricScope } from '../../../runtime/src/telemetry/prometheus.ts';
import type { ReflectorCounts } from '../kube/reflector.ts';
import type { CallReport } from '../kube/transport.ts';
import { priorities } from '../kube/waiting-keys.ts';
import type { WorkQueue, WorkReport } from '../kube/work-queue.ts';

/** Of a reflector, what is told. */
export interface ReflectorView {
  readonly resource: string;
  readonly counts: ReflectorCounts;
  readonly isSynced: boolean;
  readonly objects: number;
}

/** What is looked at when somebody asks. */
export interface OperatorParts {
  readonly queue: Pick<WorkQueue, 'atWork' | 'depth' | 'failing'>;
  readonly isLeading: () => boolean;
  readonly reflectors: () => readonly ReflectorView[];
}

/** One of each kind: several namespaces have a reflector each. */
const byResource = (views: readonly ReflectorView[]): readonly ReflectorView[] => {
  const together = new Map<string, ReflectorView>();
  for (const { resource, counts, isSynced, objects } of views) {
    const before = together.get(resource);
    const sum = (name: keyof ReflectorCounts): number => (before?.counts[name] ?? 0) + counts[name];
    together.set(resource, {
      resource,
      counts: {
        lists: sum('lists'),
        watches: sum('watches'),
        silences: sum('silences'),
        missedEvents: sum('missedEvents'),
        failures: sum('failures'),
      },
      isSynced: isSynced && (before?.isSynced ?? true),
      objects: objects + (before?.objects ?? 0),
    });
  }
  return [...together.values()];
};

/** The numbers of an operator. Their names, as Prometheus sees them, stand in the operator's README. */
export class OperatorMetrics {
  private readonly groups = new Map<string, { readonly labels: MetricLabels; readonly group: MetricGroup }>();

  onCall({ verb, resource, status, durationMs }: CallReport): void {
    const group = this.of({ verb, resource, code: status === 0 ? 'none' : `${status}` });
    group.counter('apiCalls').increment();
    // A watch lasts as long as it is let.
    if (verb !== 'watch') this.of({ verb, resource }).histogram('apiCallTime').record(durationMs);
  }

  onWorked({ priority, waitedMs, tookMs, error }: WorkReport): void {
    const group = this.of({ priority });
    group.counter('reconciles').increment();
    if (error !== undefined) group.counter('reconcileErrors').increment();
    group.histogram('reconcileTime').record(tookMs);
    group.histogram('queueTime').record(waitedMs);
  }

  /** All of them now. */
  scopes({ queue, isLeading, reflectors }: OperatorParts): readonly MetricScope[] {
    const now = new MetricGroup();
    now.gauge('leader').set(isLeading() ? 1 : 0);
    now.gauge('queueAtWork').set(queue.atWork);
    now.gauge('queueFailing').set(queue.failing);
    const depths = priorities.map((priority) => {
      const group = new MetricGroup();
      group.gauge('queueDepth').set(queue.depth(priority));
      return { labels: { priority }, group };
    });
    const cached = byResource(reflectors()).map(({ resource, counts, isSynced, objects }) => {
      const group = new MetricGroup();
      group.gauge('cacheSynced').set(isSynced ? 1 : 0);
      group.gauge('cacheObjects').set(objects);
      for (const [name, count] of Object.entries(counts)) {
        group.counter(`cache${name.slice(0, 1).toUpperCase()}${name.slice(1)}`).increment(count as number);
      }
      return { labels: { resource }, group };
    });
    const all = [{ labels: {}, group: now }, ...depths, ...cached, ...this.groups.values()];
    return all.map(({ labels, group }) => {
      const inside = new MetricGroup().snapshot();
      return { labels, snapshot: { ...inside, groups: { operator: group.snapshot() } } };
    });
  }

  private of(labels: MetricLabels): MetricGroup {
    const key = JSON.stringify(labels);
    const known = this.groups.get(key) ?? { labels, group: new MetricGroup() };
    this.groups.set(key, known);
    return known.group;
  }
}
