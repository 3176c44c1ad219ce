import type { SubtaskReport } from '../worker/slot-handle.ts';

/** One task at one moment, summed over its subtasks. Shares are of the subtasks' time since the last look, 0 … 1. */
export interface TaskView {
  readonly name: string;
  readonly subtasks: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly recordsInPerSecond: number;
  readonly recordsOutPerSecond: number;
  readonly busyShare: number;
  readonly blockedShare: number;
  /** The least of the subtasks, ms since the epoch. */
  readonly watermarkMs: number;
  readonly lateRecords: number;
  readonly deadLetters: number;
}

interface TaskTotals {
  name: string;
  subtasks: number;
  recordsIn: number;
  recordsOut: number;
  busyMs: number;
  blockedMs: number;
  watermarkMs: number;
  lateRecords: number;
  deadLetters: number;
}

const totalsByTask = (reports: readonly SubtaskReport[]): Map<number, TaskTotals> => {
  const tasks = new Map<number, TaskTotals>();
  for (const report of reports) {
    const totals = tasks.get(report.task);
    if (totals === undefined) {
      const { name, recordsIn, recordsOut, busyMs, blockedMs } = report;
      const { watermarkMs, lateRecords, deadLetters } = report;
      const counters = { recordsIn, recordsOut, busyMs, blockedMs, lateRecords, deadLetters };
      tasks.set(report.task, { name, subtasks: 1, watermarkMs, ...counters });
      continue;
    }
    totals.subtasks++;
    totals.recordsIn += report.recordsIn;
    totals.recordsOut += report.recordsOut;
    totals.busyMs += report.busyMs;
    totals.blockedMs += report.blockedMs;
    totals.watermarkMs = Math.min(totals.watermarkMs, report.watermarkMs);
    totals.lateRecords += report.lateRecords;
    totals.deadLetters += report.deadLetters;
  }
  return tasks;
};

const growing = ['recordsIn', 'recordsOut', 'busyMs', 'blockedMs'] as const;

/** Counters that went back belong to a new attempt. */
const continues = (before: TaskTotals, now: TaskTotals): boolean =>
  growing.every((name) => before[name] <= now[name]);

/** Turns counters into rates: remembers the last look. */
export class TaskViews {
  private last = new Map<number, TaskTotals>();
  private lastMs: number;

  constructor(nowMs: number) {
    this.lastMs = nowMs;
  }

  /** The tasks now, in order of the graph. `nowMs` is monotonic. */
  look(reports: readonly SubtaskReport[], nowMs: number): readonly TaskView[] {
    const elapsedMs = Math.max(nowMs - this.lastMs, 1);
    const tasks = totalsByTask(reports);
    const views = [...tasks].map(([task, now]) => this.view(now, this.last.get(task), elapsedMs));
    this.last = tasks;
    this.lastMs = nowMs;
    return views;
  }

  private view(now: TaskTotals, before: TaskTotals | undefined, elapsedMs: number): TaskView {
    const base = before !== undefined && continues(before, now) ? before : undefined;
    const perSecond = (count: number, countBefore = 0): number => ((count - countBefore) * 1000) / elapsedMs;
    const share = (ms: number, msBefore = 0): number =>
      Math.min(1, Math.max(0, (ms - msBefore) / (elapsedMs * now.subtasks)));
    const { busyMs, blockedMs, ...shown } = now;
    return {
      ...shown,
      recordsInPerSecond: perSecond(now.recordsIn, base?.recordsIn),
      recordsOutPerSecond: perSecond(now.recordsOut, base?.recordsOut),
      busyShare: share(busyMs, base?.busyMs),
      blockedShare: share(blockedMs, base?.blockedMs),
    };
  }
}
