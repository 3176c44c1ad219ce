import type { TransformSpec } from '../api/transform.ts';
import type { Task } from '../graph/physical-graph.ts';
import type { MetricGroup } from '../telemetry/metrics.ts';

/** Kinds that drop late records, and the metric in which they count them. */
const canBeLate: ReadonlySet<TransformSpec['kind']> = new Set(['window', 'windowJoin', 'intervalJoin']);
const lateCounter = 'numLateRecordsDropped';

/** Records of a task that came too late, over all its transforms. */
export const lateRecordsOf = (task: Task | undefined, metrics: MetricGroup): number => {
  const late = (task?.chain ?? []).filter(({ spec }) => canBeLate.has(spec.kind));
  return late.reduce((sum, { name }) => sum + metrics.group(name).counter(lateCounter).value, 0);
};
