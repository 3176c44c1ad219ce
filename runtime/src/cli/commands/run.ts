import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type Artifact, freezeJob } from '../../artifact/freeze.ts';
import { loadJob } from '../../artifact/load.ts';
import { resolveMillraceToThisRuntime } from '../../artifact/resolve.ts';
import { createSharedThreadJob, type LocalSettings } from '../../coordinator/local.ts';
import type { JobResult, LocalJob } from '../../coordinator/local-job.ts';
import { createLogger, type Logger } from '../../telemetry/logger.ts';
import { bareTarget } from '../bare-target.ts';
import { type CommandIo, ExitCode } from '../command-io.ts';
import { openDeadLetterFile } from '../dead-letter-file.ts';
import { errorText } from '../error-text.ts';
import type { JobTarget } from '../job-target.ts';
import type { Outcome } from '../command-io.ts';
import { showProgress, summaryLine } from '../progress.ts';

/** Freezes a job beside its manifest; in the system's temporary directory where that cannot be written. */
export const freezeTarget = async (io: CommandIo, target: JobTarget): Promise<Artifact> => {
  try {
    return await freezeJob(io.system, target.entry, join(target.baseDirectory, '.millrace', 'artifacts'));
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error;
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

/** Runs a job to its end and gives the exit code. */
export const runTarget = async (
  io: CommandIo,
  logger: Logger,
  target: JobTarget,
  panel: boolean,
): Promise<number> => {
  for (const note of target.notes) logger.warn(note);
  resolveMillraceToThisRuntime();
  const artifact = await freezeTarget(io, target);
  const deadLetters = openDeadLetterFile(io.system, target.deadLetterFile);
  const settings: LocalSettings = {
    ...target,
    system: io.system,
    logger,
    jobName: target.name,
    deadLetters: deadLetters.accept,
  };
  const job = createSharedThreadJob(await loadJob(artifact.path), settings);
  const startedMs = io.system.clock.monotonicMs();
  const release = stopOnInterrupt(io, logger, job);
  const progress = showProgress(io, logger, job, target.name, panel);
  job.start();
  const result = await job.ended;
  const tasks = progress.end();
  release();
  deadLetters.close();
  const line = summaryLine(target.name, result.state, tasks, io.system.clock.monotonicMs() - startedMs);
  logger.info(line);
  if (result.error !== undefined) io.error(`${errorText(result.error)}\n`);
  return exitCodeOf(result);
};

interface RunOptions {
  readonly parallelism?: string;
  readonly arg?: readonly string[];
  readonly log?: 'text' | 'json' | 'none';
  readonly panel?: boolean;
}

/** `millrace run`. */
export const addRun = (program: Command, io: CommandIo, outcome: Outcome): void => {
  program
    .command('run')
    .description('Run a StreamJob manifest, or a bare TypeScript file, on this machine.')
    .argument('<job>', 'job.yaml, or a .ts or .js file whose default export is the job')
    .addHelpText('after', '\nExamples:\n  millrace run job.yaml\n  millrace run count.ts')
    .action(async (job: string, options: RunOptions) => {
      const logger = createLogger({ clock: io.system.clock, level: 'info', json: options.log === 'json' });
      outcome.code = await runTarget(io, logger, bareTarget(resolve(io.workingDirectory, job)), options.panel ?? true);
    });
};
