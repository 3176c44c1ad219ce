import { jobStates } from '../../contract/control/status.ts';
import type { PhysicalGraph } from '../../graph/physical-graph.ts';
import type { MetricSnapshot } from '../../telemetry/metrics.ts';
import type { MetricScope } from '../../telemetry/prometheus.ts';
import type { SubtaskReport } from '../../worker/slot-handle.ts';

type Numbers = Readonly<Record<string, number>>;

/** A snapshot of numbers that are at hand anyway. */
export const snapshotOf = (counters: Numbers, gauges: Numbers): MetricSnapshot => ({
  counters,
  gauges: Object.fromEntries(
    Object.entries(gauges).map(([name, value]) => [name, { value, merge: 'sum', weight: 1 }]),
  ),
  histograms: {},
  groups: {},
});

/** What is counted about a job as a whole. */
export const jobScopes = (job: string, state: string, gauges: Numbers): MetricScope[] => [
  { labels: { job }, snapshot: snapshotOf({}, gauges) },
  ...jobStates.map((known) => ({
    labels: { job, state: known },
    snapshot: snapshotOf({}, { state: known === state ? 1 : 0 }),
  })),
];

export const subtaskScopes = (job: string, reports: readonly SubtaskReport[]): MetricScope[] =>
  reports.map((report) => ({
    labels: { job, task: report.name, slot: String(report.slot) },
    snapshot: snapshotOf(
      {
        numRecordsIn: report.recordsIn,
        numRecordsOut: report.recordsOut,
        numDeadLetters: report.deadLetters,
        numLateRecordsDropped: report.lateRecords,
        busyTimeMs: report.busyMs,
        backPressuredTimeMs: report.blockedMs,
      },
      // Prometheus knows infinities; before the first watermark there is none.
      report.watermarkMs === Number.NEGATIVE_INFINITY ? {} : { currentInputWatermark: report.watermarkMs },
    ),
  }));

/** The metrics of one slot: groups named like a transform are its own, all others the slot's. */
export const slotScopes = (
  job: string,
  { tasks }: PhysicalGraph,
  slot: number,
  snapshot: MetricSnapshot,
): MetricScope[] => {
  const taskOf = new Map(tasks.flatMap((task) => task.chain.map((node) => [node.name, task.name] as const)));
  const { groups, ...rest } = snapshot;
  const own = Object.entries(groups).filter(([name]) => !taskOf.has(name));
  const ofTransforms = Object.entries(groups).flatMap(([transform, group]): MetricScope[] => {
    const task = taskOf.get(transform);
    return task === undefined
      ? []
      : [{ labels: { job, task, transform, slot: String(slot) }, snapshot: group }];
  });
  return [
    { labels: { job, slot: String(slot) }, snapshot: { ...rest, groups: Object.fromEntries(own) } },
    ...ofTransforms,
  ];
};
