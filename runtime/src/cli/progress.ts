import type { LocalJob } from '../coordinator/local-job.ts';
import type { Cancellable } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CommandIo } from './command-io.ts';
import { shortNumber, shortTime, watermarkText } from './numbers.ts';
import { Painter, panelLines } from './panel.ts';
import { type TaskView, TaskViews } from './task-view.ts';

const panelIntervalMs = 200;
const logIntervalMs = 5000;

/** Shows a job while it runs: a live panel on a terminal, lines in the log elsewhere. */
export interface Progress {
  /** Ends the display and gives the last look. */
  end(): readonly TaskView[];
}

const logTask = (logger: Logger, task: TaskView): void => {
  logger.info(`${task.name}: ${shortNumber(task.recordsInPerSecond)} records a second`, {
    recordsIn: task.recordsIn,
    recordsOut: task.recordsOut,
    watermark: watermarkText(task.watermarkMs),
    busy: Math.round(task.busyShare * 100) / 100,
    blocked: Math.round(task.blockedShare * 100) / 100,
    late: task.lateRecords,
    deadLetters: task.deadLetters,
  });
};

/** Starts to show a job. `panel` = draw on the terminal. */
export const showProgress = (
  io: CommandIo,
  logger: Logger,
  job: LocalJob,
  jobName: string,
  panel: boolean,
): Progress => {
  const { clock, timers } = io.system;
  const startedMs = clock.monotonicMs();
  const views = new TaskViews(startedMs);
  const painter = panel && io.terminal !== undefined ? new Painter((text) => io.error(text)) : undefined;
  let timer: Cancellable | undefined;
  const look = (): readonly TaskView[] => {
    const nowMs = clock.monotonicMs();
    const tasks = views.look(job.report(), nowMs);
    if (painter === undefined) return tasks;
    const content = { jobName, state: job.state, attempt: job.attempt, tasks };
    const lines = panelLines(
      { ...content, elapsedMs: nowMs - startedMs, nowMs: clock.nowMs() },
      io.terminal?.columns ?? 80,
    );
    painter.paint(lines);
    return tasks;
  };
  const tick = (): void => {
    const tasks = look();
    if (painter === undefined) for (const task of tasks) logTask(logger, task);
    schedule();
  };
  const schedule = (): void => {
    timer = timers.after(painter === undefined ? logIntervalMs : panelIntervalMs, tick);
  };
  schedule();
  return {
    end: () => {
      timer?.cancel();
      return look();
    },
  };
};

/** The last line about a job: how it ended, what went in, how long it took. */
export const summaryLine = (
  jobName: string,
  state: string,
  tasks: readonly TaskView[],
  elapsedMs: number,
): string => {
  const sources = tasks.filter((task) => task.name.length > 0).at(0);
  const sum = (read: (task: TaskView) => number): number =>
    tasks.reduce((total, task) => total + read(task), 0);
  const late = sum((task) => task.lateRecords);
  const dead = sum((task) => task.deadLetters);
  const extra = [late > 0 ? `${late} late` : '', dead > 0 ? `${dead} dead letters` : ''].filter(
    (text) => text !== '',
  );
  const read = sources === undefined ? 0 : sources.recordsIn;
  return `${jobName} ${state} after ${shortTime(elapsedMs)}: ${[`${read} records read`, ...extra].join(', ')}`;
};
