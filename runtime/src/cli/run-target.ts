import type { JobResult } from '../coordinator/job-result.ts';
import type { LocalJob } from '../coordinator/local-job.ts';
import { readsSource } from '../graph/stateful.ts';
import type { HttpServer } from '../sys/http.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type CommandIo, ExitCode } from './command-io.ts';
import type { ControlPlace } from './control-place.ts';
import { createJob, type JobCreation } from './create-job.ts';
import { type DeadLetterFile, openDeadLetterFile } from './dead-letter-file.ts';
import type { JobTarget } from './job-target.ts';
import { showProgress } from './progress.ts';
import { serveControl } from './serve-control.ts';
import { stay } from './stay.ts';
import { jobTotals, summaryLine } from './summary.ts';
import { failureOf } from './trouble.ts';

/** What a command is told about a run beside its target. */
type RunWishes = Pick<
  JobCreation,
  'reread' | 'workers' | 'jobUid' | 'deployment' | 'cluster' | 'start' | 'mounts'
>;

/** How a run is shown, and to whom. */
export interface RunDisplay extends RunWishes {
  readonly logger: Logger;
  /** Shows why the job failed. */
  readonly showFailure: (error: unknown) => void;
  /** Whether to draw the live panel, on a terminal. */
  readonly panel: boolean;
  /** Where the control API is served; absent = nowhere. */
  readonly control?: ControlPlace | undefined;
  /** Where all of this machine may ask whether the process lives, and whether the job runs; absent = nowhere. */
  readonly healthPort?: number | undefined;
  readonly live?: ControlPlace['live'];
}

/** The first interrupt stops the job after the records in hand, the second cancels it, further ones change nothing. */
const stopOnInterrupt = (io: CommandIo, logger: Logger, job: LocalJob): (() => void) => {
  let interrupts = 0;
  return io.onInterrupt(() => {
    interrupts++;
    if (interrupts === 1) {
      logger.info('Stopping: records in flight finish; interrupt again to cancel');
      job.stop();
    } else if (interrupts === 2) {
      logger.info('Cancelling: the functions of the job are closed, as far as they let it happen');
      void job.cancel();
    }
  });
};

/** Ends the job at the first trouble; what it was can be read from the result. */
const cancelOnTrouble = (io: CommandIo, job: LocalJob) => {
  const seen: { failure?: unknown } = {};
  const release = io.onTrouble((trouble) => {
    seen.failure ??= failureOf(trouble);
    void job.cancel();
  });
  return { seen, release };
};

const exitCodeOf = (state: JobResult['state']): number => {
  if (state === 'failed') return ExitCode.failed;
  return state === 'cancelled' ? ExitCode.cancelled : ExitCode.done;
};

/** For the kubelet, which asks from outside of the pod. */
const openHealth = async (
  { system }: CommandIo,
  job: LocalJob,
  port: number | undefined,
): Promise<HttpServer | undefined> => {
  if (port === undefined) return undefined;
  const { serveHealth } = await import('../worker/remote/health.ts');
  return await serveHealth(system, { host: '0.0.0.0', port }, () => job.state === 'running');
};

/** What went wrong while the file was closed, if anything: the letters in it may not be safe. */
const closeDeadLetters = (file: DeadLetterFile): unknown => {
  try {
    file.close();
    return undefined;
  } catch (error) {
    return error;
  }
};

/**
 * Runs a job to its end and gives the exit code. Failures of the job are shown, not thrown.
 * @throws MillraceError when the job cannot start: bad code, a bad graph.
 */
export const runTarget = async (io: CommandIo, target: JobTarget, display: RunDisplay): Promise<number> => {
  const { logger } = display;
  for (const note of target.notes) logger.warn(note);
  const deadLetters = openDeadLetterFile(io.system, target.deadLetterFile);
  let goOn = (): void => undefined;
  const { job, close, leave } = await createJob({
    ...display,
    io,
    target,
    deadLetters,
    onBlocked: () => goOn(),
  });
  const { healthPort, live } = display;
  const place = display.control && { ...display.control, healthPort, live };
  const control = await serveControl(io, logger, job, target.name, place);
  const health = control === undefined ? await openHealth(io, job, healthPort) : undefined;
  const startedMs = io.system.clock.monotonicMs();
  const isDeployed = display.deployment !== undefined;
  const releaseInterrupt = isDeployed ? (): void => undefined : stopOnInterrupt(io, logger, job);
  const trouble = cancelOnTrouble(io, job);
  const progress = showProgress(io, logger, job, target.name, display.panel);
  goOn = () => progress.goOn();
  job.start();
  const result = await (isDeployed ? stay(io, logger, job, trouble.seen) : job.ended);
  if (result === undefined) {
    await Promise.all([control?.close(), health?.close(), leave()]);
    progress.end();
    return ExitCode.done;
  }
  await close();
  await control?.close();
  await health?.close();
  progress.end();
  releaseInterrupt();
  trouble.release();
  const failure = trouble.seen.failure ?? result.error ?? closeDeadLetters(deadLetters);
  const state = failure === undefined ? result.state : 'failed';
  const totals = jobTotals(job.report(), (task) => readsSource(job.graph.tasks[task]));
  logger.info(summaryLine(target.name, state, totals, io.system.clock.monotonicMs() - startedMs));
  if (failure !== undefined) display.showFailure(failure);
  return exitCodeOf(state);
};
