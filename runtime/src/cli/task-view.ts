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

/** What was seen at one moment. */
interface Look {
  readonly tasks: ReadonlyMap<number, TaskTotals>;
  readonly atMs: number;
}

/** Turns counters into rates: remembers earlier looks. */
export class TaskViews {
  /** By time; the first is what rates are told since. */
  private readonly looks: Look[];
  private readonly spanMs: number;

  /**
   * Rates are over at least `spanMs`, as soon as there are looks so old; 0 = since the last look. Sources that deliver in bursts
   * would seem to stand still in between.
   */
  constructor(nowMs: number, spanMs: number = 0) {
    this.looks = [{ tasks: new Map(), atMs: nowMs }];
    this.spanMs = spanMs;
  }

  /** The tasks now, in order of the graph. `nowMs` is monotonic. */
  look(reports: readonly SubtaskReport[], nowMs: number): readonly TaskView[] {
    const { looks, spanMs } = this;
    const tasks = totalsByTask(reports);
    while (looks.length > 1 && looks[1]!.atMs <= nowMs - spanMs) looks.shift();
    const [base] = looks as [Look];
    const elapsedMs = Math.max(nowMs - base.atMs, 1);
    looks.push({ tasks, atMs: nowMs });
    return [...tasks].map(([task, now]) => this.view(now, base.tasks.get(task), elapsedMs));
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
