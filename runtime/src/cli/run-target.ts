import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Artifact, freezeJob } from '../artifact/freeze.ts';
import { resolveMillraceToThisRuntime } from '../artifact/resolve.ts';
import type { JobResult, LocalJob } from '../coordinator/local-job.ts';
import { createThreadedJob } from '../coordinator/threads.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type CommandIo, ExitCode } from './command-io.ts';
import { openDeadLetterFile } from './dead-letter-file.ts';
import { errorText } from './error-text.ts';
import type { JobTarget } from './job-target.ts';
import { showProgress, summaryLine } from './progress.ts';

const notWritable: readonly unknown[] = ['EACCES', 'EROFS', 'EPERM'];

/** Freezes a job beside its manifest; in the system's temporary directory where that cannot be written. */
export const freezeTarget = async (io: CommandIo, target: JobTarget): Promise<Artifact> => {
  try {
    return await freezeJob(io.system, target.entry, join(target.baseDirectory, '.millrace', 'artifacts'));
  } catch (error) {
    if (!notWritable.includes((error as { readonly code?: unknown }).code)) throw error;
    return await freezeJob(io.system, target.entry, join(tmpdir(), 'millrace', 'artifacts'));
  }
};

const exitCodeOf = (result: JobResult): number => {
  if (result.state === 'failed') return ExitCode.failed;
  return result.state === 'cancelled' ? ExitCode.cancelled : ExitCode.done;
};

/** The first interrupt stops the job after the records in hand, the second cancels it. */
const stopOnInterrupt = (io: CommandIo, logger: Logger, job: LocalJob): (() => void) => {
  let interrupted = false;
  return io.onInterrupt(() => {
    if (interrupted) return void job.cancel();
    interrupted = true;
    logger.info('Stopping: records in flight finish; interrupt again to cancel');
    job.stop();
  });
};

/**
 * Runs a job to its end and gives the exit code. Failures of the job are shown, not thrown.
 * @throws MillraceError when the job cannot start: bad code, a bad graph.
 */
export const runTarget = async (
  io: CommandIo,
  logger: Logger,
  target: JobTarget,
  panel: boolean,
): Promise<number> => {
  for (const note of target.notes) logger.warn(note);
  for (const [name, value] of Object.entries(target.environment)) io.setVariable(name, value);
  resolveMillraceToThisRuntime();
  const deadLetters = openDeadLetterFile(io.system, target.deadLetterFile);
  const job = await createThreadedJob(await freezeTarget(io, target), {
    ...target,
    system: io.system,
    logger,
    jobName: target.name,
    deadLetters: deadLetters.accept,
  });
  const startedMs = io.system.clock.monotonicMs();
  const release = stopOnInterrupt(io, logger, job);
  const progress = showProgress(io, logger, job, target.name, panel);
  job.start();
  const result = await job.ended;
  const tasks = progress.end();
  release();
  deadLetters.close();
  logger.info(summaryLine(target.name, result.state, tasks, io.system.clock.monotonicMs() - startedMs));
  if (result.error !== undefined) io.error(`${errorText(result.error)}\n`);
  return exitCodeOf(result);
};
