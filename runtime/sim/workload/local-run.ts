import type { Job } from 'millrace';
import { createSharedThreadJob } from '../../src/coordinator/local.ts';
import type { LocalJob } from '../../src/coordinator/local-job.ts';
import type { SimulatedProcess } from '../process.ts';
import { traceLogger } from '../trace-logger.ts';

/** How many slots share the thread of a simulated process. */
export const slots = 2;

/** The job as one process runs it, all slots on its thread. Not started yet. */
export const jobIn = (process: SimulatedProcess, job: Job): LocalJob =>
  createSharedThreadJob(job, {
    system: process.system,
    logger: traceLogger(process),
    jobName: 'workload',
    args: {},
    parallelism: slots,
    maxParallelism: 16,
    mode: 'Streaming',
    restart: { strategy: 'FixedDelay', attempts: 1000, delayMs: 100 },
    deadLetterPolicy: 'fail',
    deadLetters: () => undefined,
    baseDirectory: '/',
  });
