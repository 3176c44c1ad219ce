import type { LocalJob } from '../coordinator/local-job.ts';
import type { Cancellable } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CommandIo } from './command-io.ts';
import { shortNumber, watermarkText } from './numbers.ts';
import { Painter } from './painter.ts';
import { panelLines } from './panel.ts';
import { type TaskView, TaskViews } from './task-view.ts';

const panelIntervalMs = 200;
const logIntervalMs = 5000;
/** What the rates of the panel are means of. */
const panelRateMs = 2000;
/** When this thread was held up for longer, the watchdog may have written to the terminal past the painter. */
const heldUpMs = 5000;

/** Shows a job while it runs: a live panel on a terminal, lines in the log elsewhere. */
export interface Progress {
  /** Something was written to the terminal by another thread: the panel goes on below it. */
  goOn(): void;
  /** Gives a last look at the job and ends the display. */
  end(): void;
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

/** What is shown of a job. */
export type ShownJob = Pick<LocalJob, 'state' | 'attempt' | 'report'>;

/** Calls back again and again; the returned timer is always the current one. */
const repeat = (io: CommandIo, intervalMs: number, action: () => void): Cancellable => {
  let timer: Cancellable;
  const tick = (): void => {
    timer = io.system.timers.after(intervalMs, tick);
    action();
  };
  timer = io.system.timers.after(intervalMs, tick);
  return { cancel: () => timer.cancel() };
};

const showPanel = (io: CommandIo, job: ShownJob, jobName: string, painter: Painter): Progress => {
  const { clock } = io.system;
  const startedMs = clock.monotonicMs();
  const views = new TaskViews(startedMs, panelRateMs);
  let lastMs = startedMs;
  const look = (): void => {
    const nowMs = clock.monotonicMs();
    if (nowMs - lastMs > heldUpMs) painter.goOn();
    lastMs = nowMs;
    const content = {
      jobName,
      state: job.state,
      attempt: job.attempt,
      tasks: views.look(job.report(), nowMs),
      elapsedMs: nowMs - startedMs,
      nowMs: clock.nowMs(),
    };
    painter.paint(panelLines(content, io.terminal ?? { columns: 80, rows: 24 }));
  };
  const timer = repeat(io, panelIntervalMs, look);
  return {
    goOn: () => painter.goOn(),
    end: () => {
      timer.cancel();
      look();
      painter.end();
    },
  };
};

const showLog = (io: CommandIo, job: ShownJob, logger: Logger): Progress => {
  const views = new TaskViews(io.system.clock.monotonicMs());
  const timer = repeat(io, logIntervalMs, () => {
    for (const task of views.look(job.report(), io.system.clock.monotonicMs())) logTask(logger, task);
  });
  return { goOn: () => undefined, end: () => timer.cancel() };
};

/** Starts to show a job. `panel` = draw on the terminal, if there is one. */
export const showProgress = (
  io: CommandIo,
  logger: Logger,
  job: ShownJob,
  jobName: string,
  panel: boolean,
): Progress =>
  panel && io.terminal !== undefined
    ? showPanel(io, job, jobName, new Painter(io.terminal))
    : showLog(io, job, logger);
