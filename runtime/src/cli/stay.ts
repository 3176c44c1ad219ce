import type { JobResult } from '../coordinator/job-result.ts';
import type { LocalJob } from '../coordinator/local-job.ts';
import { isTerminal } from '../coordinator/transitions.ts';
import { settlesWithin } from '../sys/within.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CommandIo } from './command-io.ts';

/** A checkpoint that takes longer is not worth more: the one before is there. */
const lastCheckpointWithinMs = 10_000;

/**
 * A coordinator of a deployment stays when its job has ended, for whoever asks, until it is told to go: then its workers go on without it.
 * Resolves with undefined when it is told so before the end of the job.
 */
export const stay = async (
  io: CommandIo,
  logger: Logger,
  job: LocalJob,
  trouble: { readonly failure?: unknown },
): Promise<JobResult | undefined> => {
  const { promise: told, resolve } = Promise.withResolvers<undefined>();
  const release = io.onInterrupt(() => resolve(undefined));
  const ended = job.ended.then(async (result) => {
    if (trouble.failure !== undefined) return result;
    // Whoever was deposed by another deployment begins anew, as one that stands by.
    if (result.state === 'failed' && (await job.changes.isElsewhere().catch(() => true))) return result;
    await told;
    return result;
  });
  const result = await Promise.race([told, ended]);
  if (job.state === 'running') {
    logger.info('Ends: the workers go on, and wait for the next coordinator');
    await settlesWithin(io.system.timers, job.takeCheckpoint('checkpoint'), lastCheckpointWithinMs);
  }
  release();
  return isTerminal(job.state) ? (result ?? (await job.ended)) : undefined;
};
