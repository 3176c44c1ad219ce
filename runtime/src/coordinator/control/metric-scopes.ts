import { type JobStatus, jobStates, type PauseReport } from '../../contract/control/status.ts';
import type { PhysicalGraph } from '../../graph/physical-graph.ts';
import { latencyGroup } from '../../task/latency-recorder.ts';
import type { SourceFlow, SubtaskFlow } from '../../task/statistics.ts';
import type { MetricSnapshot } from '../../telemetry/metrics.ts';
import type { MetricLabels, MetricScope } from '../../telemetry/prometheus.ts';
import type { SubtaskReport } from '../../worker/slot-handle.ts';
import type { StateTime } from './state-times.ts';

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

/** How long records stood still at the last switch-overs, as far as there were any. */
export const pauseGauges = (pauses: {
  readonly rescale: PauseReport | null;
  readonly upgrade: PauseReport | null;
}): Numbers => ({
  ...(pauses.rescale === null ? {} : { lastRescalePause: pauses.rescale.pauseMs }),
  ...(pauses.upgrade === null ? {} : { lastUpgradePause: pauses.upgrade.pauseMs }),
});

const stateSnapshot = (isNow: boolean, { nowMs, totalMs }: StateTime): MetricSnapshot =>
  snapshotOf({ stateTime: totalMs }, { state: isNow ? 1 : 0, stateTimeNow: nowMs });

/** What is counted about a job as a whole. */
export const jobScopes = (
  job: string,
  state: string,
  timeIn: (state: JobStatus['state']) => StateTime,
  gauges: Numbers,
): MetricScope[] => [
  { labels: { job }, snapshot: snapshotOf({}, gauges) },
  ...jobStates.map((known) => ({
    labels: { job, state: known },
    snapshot: stateSnapshot(known === state, timeIn(known)),
  })),
];

/** Prometheus knows infinities; before the first watermark there is none. */
const time = (name: string, timeMs: number): Numbers =>
  timeMs === Number.NEGATIVE_INFINITY ? {} : { [name]: timeMs };

const flowCounters = ({ elapsedMs, input, output }: SubtaskFlow, report: SubtaskReport): Numbers => ({
  numBytesIn: input.bytes,
  numBytesOut: output.bytes,
  idleTimeMs: Math.max(0, elapsedMs - report.busyMs - report.blockedMs),
});

/** Ports are numbered from 1, as in Flink. */
const portGauges = (watermarksMs: readonly number[] = []): Numbers =>
  Object.assign({}, ...watermarksMs.map((timeMs, port) => time(`currentInput${port + 1}Watermark`, timeMs)));

const sourceGauges = ({ fetchLagMs, emitLagMs, watermarkLagMs, idleMs, driftMs }: SourceFlow): Numbers => ({
  ...(Number.isFinite(driftMs) ? { watermarkAlignmentDrift: driftMs as number } : {}),
  currentFetchEventTimeLag: fetchLagMs,
  currentEmitEventTimeLag: emitLagMs,
  sourceIdleTime: idleMs,
  ...(Number.isFinite(watermarkLagMs) ? { watermarkLag: watermarkLagMs } : {}),
});

const flowGauges = ({
  outputWatermarkMs,
  isBackPressured,
  input,
  output,
  source,
  inputWatermarksMs,
}: SubtaskFlow): Numbers => ({
  ...portGauges(inputWatermarksMs),
  ...time('currentOutputWatermark', outputWatermarkMs),
  isBackPressured: isBackPressured ? 1 : 0,
  inputQueueLength: input.queued,
  outputQueueLength: output.queued,
  inPoolUsage: input.usage,
  outPoolUsage: output.usage,
  ...(source === undefined ? {} : sourceGauges(source)),
});

/** `rates`: what counters have grown by in a second, by report. */
export const subtaskScopes = (
  job: string,
  reports: readonly SubtaskReport[],
  rates: ReadonlyMap<SubtaskReport, Numbers> = new Map(),
): MetricScope[] =>
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
        ...(report.flow === undefined ? {} : flowCounters(report.flow, report)),
      },
      {
        ...time('currentInputWatermark', report.watermarkMs),
        ...(report.flow === undefined ? {} : flowGauges(report.flow)),
        ...rates.get(report),
      },
    ),
  }));

/** What markers have told, by task and source. */
const latencyScopes = (labels: MetricLabels, byTask: MetricSnapshot | undefined): MetricScope[] =>
  Object.entries(byTask?.groups ?? {}).flatMap(([task, { groups: bySource }]) =>
    Object.entries(bySource).map(([source, snapshot]) => ({ labels: { ...labels, task, source }, snapshot })),
  );

/** The metrics of one slot: groups named like a transform are its own, all others the slot's. */
export const slotScopes = (
  job: string,
  { tasks }: PhysicalGraph,
  slot: number,
  snapshot: MetricSnapshot,
): MetricScope[] => {
  const taskOf = new Map(tasks.flatMap((task) => task.chain.map((node) => [node.name, task.name] as const)));
  const { groups, ...rest } = snapshot;
  const own = Object.entries(groups).filter(([name]) => !taskOf.has(name) && name !== latencyGroup);
  const ofTransforms = Object.entries(groups).flatMap(([transform, group]): MetricScope[] => {
    const task = taskOf.get(transform);
    return task === undefined
      ? []
      : [{ labels: { job, task, transform, slot: String(slot) }, snapshot: group }];
  });
  return [
    { labels: { job, slot: String(slot) }, snapshot: { ...rest, groups: Object.fromEntries(own) } },
    ...ofTransforms,
    ...latencyScopes({ job, slot: String(slot) }, groups[latencyGroup]),
  ];
};
