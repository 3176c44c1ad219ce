import type { DataStream } from '../api/data-stream.ts';
import type { Job, StreamEnvironment } from '../api/environment.ts';
import { Collected, collect } from '../connectors/collect/index.ts';
import type { RestartPolicy } from '../contract/restart.ts';
import type { JobResult } from '../coordinator/job-result.ts';
import { createSharedThreadJob, type ExecutionMode } from '../coordinator/local.ts';
import { createNodeSystem } from '../sys/node-system.ts';
import type { System } from '../sys/system.ts';
import type { DeadLetter, DeadLetterPolicy } from '../task/failures.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';

/** How a job is run by the functions of this file. All slots share the caller's thread. */
export interface RunOptions {
  readonly args?: Readonly<Record<string, string>>;
  /** Slots; default 1. */
  readonly parallelism?: number;
  readonly maxParallelism?: number;
  /** False = every transform is a task of its own; results are the same. */
  readonly chaining?: boolean;
  /** Records in a batch at most; results are the same. 1 finds what relies on records coming together. */
  readonly batchSize?: number;
  readonly mode?: ExecutionMode;
  /** What happens to records that cannot be processed; default `fail`. */
  readonly deadLetterPolicy?: DeadLetterPolicy;
  /** Takes dead letters as they come. */
  readonly onDeadLetter?: (letter: DeadLetter) => void;
  readonly restart?: RestartPolicy;
  /** The directory that relative paths start from; default the working directory. */
  readonly baseDirectory?: string;
  /** The machine; default the real one. */
  readonly system?: System;
  readonly logger?: Logger;
}

/** A job that runs on this thread. */
export interface RunningJob {
  /** Settles when the job can do nothing more; never rejects. */
  readonly ended: Promise<JobResult>;
  /** Ends the sources after the records in hand. */
  stop(): void;
  /** Ends at once. */
  cancel(): Promise<void>;
}

/** Starts a job on this thread: for jobs that do not end by themselves. */
export const startJob = (job: Job, options: RunOptions = {}): RunningJob => {
  const system = options.system ?? createNodeSystem();
  const running = createSharedThreadJob(job, {
    system,
    logger: options.logger ?? createLogger({ clock: system.clock, level: 'silent', json: false }),
    jobName: 'test',
    args: options.args ?? {},
    parallelism: options.parallelism ?? 1,
    maxParallelism: options.maxParallelism,
    ...(options.chaining === undefined ? {} : { chaining: options.chaining }),
    batchSize: options.batchSize,
    mode: options.mode ?? 'Streaming',
    restart: options.restart ?? { strategy: 'None' },
    deadLetterPolicy: options.deadLetterPolicy ?? 'fail',
    deadLetters: options.onDeadLetter ?? (() => undefined),
    baseDirectory: options.baseDirectory ?? process.cwd(),
  });
  running.start();
  return { ended: running.ended, stop: () => running.stop(), cancel: () => running.cancel() };
};

/** Runs a job to its end on this thread. Does not reject when the job fails: see `JobResult`. */
export const runJob = (job: Job, options: RunOptions = {}): Promise<JobResult> =>
  startJob(job, options).ended;

/**
 * Runs a bounded job and gives the records of the stream that its function returns, in the order in which they came.
 * @throws what the job failed with.
 */
export const executeAndCollect = async <T>(
  build: (env: StreamEnvironment, args: Readonly<Record<string, string>>) => DataStream<T>,
  options: RunOptions = {},
): Promise<readonly T[]> => {
  const collected = new Collected<T>();
  const result = await runJob((env, args) => void build(env, args).sinkTo(collect(collected)), options);
  if (result.state === 'failed') throw result.error;
  return collected.values;
};
