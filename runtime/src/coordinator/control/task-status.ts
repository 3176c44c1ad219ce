import type { SubtaskMetrics, TaskDetail, TaskStatus } from '../../contract/control/tasks.ts';
import type { Task } from '../../graph/physical-graph.ts';
import { flatMetrics } from '../../telemetry/flat-metrics.ts';
import type { MetricSnapshot } from '../../telemetry/metrics.ts';
import type { SubtaskReport } from '../../worker/slot-handle.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Event time as a message has it: before the first watermark and after the end there is none. */
const known = (watermarkMs: number): number | null => (Number.isFinite(watermarkMs) ? watermarkMs : null);

const subtaskMetrics = (report: SubtaskReport): SubtaskMetrics => {
  const { slot, recordsIn, recordsOut, deadLetters, lateRecords, watermarkMs, busyMs, blockedMs } = report;
  const counters = { recordsIn, recordsOut, deadLetters, lateRecords, busyMs, blockedMs };
  return { slot, ...counters, watermarkMs: known(watermarkMs) };
};

/** A task from the reports of its subtasks, which have run for `elapsedMs`. */
export const taskStatus = (
  { index, name, parallelism }: Task,
  reports: readonly SubtaskReport[],
  elapsedMs: number,
): TaskStatus => {
  const own = reports.filter(({ task }) => task === index);
  const share = (spentMs: number): number =>
    own.length === 0 || elapsedMs <= 0 ? 0 : Math.min(1, spentMs / (elapsedMs * own.length));
  return {
    task: index,
    name,
    parallelism,
    recordsIn: sum(own.map(({ recordsIn }) => recordsIn)),
    recordsOut: sum(own.map(({ recordsOut }) => recordsOut)),
    deadLetters: sum(own.map(({ deadLetters }) => deadLetters)),
    lateRecords: sum(own.map(({ lateRecords }) => lateRecords)),
    watermarkMs: known(Math.min(...own.map(({ watermarkMs }) => watermarkMs))),
    busyShare: share(sum(own.map(({ busyMs }) => busyMs))),
    blockedShare: share(sum(own.map(({ blockedMs }) => blockedMs))),
  };
};

const empty: MetricSnapshot = { counters: {}, gauges: {}, histograms: {}, groups: {} };

/** The same with subtasks, and with the metrics of the job grouped by transform. */
export const taskDetail = (
  task: Task,
  reports: readonly SubtaskReport[],
  elapsedMs: number,
  metrics: MetricSnapshot,
): TaskDetail => ({
  ...taskStatus(task, reports, elapsedMs),
  transforms: task.chain.map(({ name, uid, spec }) => ({
    name,
    uid: uid ?? null,
    kind: spec.kind,
    metrics: flatMetrics(metrics.groups[name] ?? empty),
  })),
  subtasks: reports.filter((report) => report.task === task.index).map(subtaskMetrics),
});
