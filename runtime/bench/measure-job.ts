import type { Job } from 'millrace';
import { createSharedThreadJob, type LocalSettings } from '../src/coordinator/local.ts';
import type { LocalJob } from '../src/coordinator/local-job.ts';
import { createNodeSystem } from '../src/sys/node-system.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import type { Measurement } from './scenario.ts';

/** How jobs are run here: one slot, nothing logged, every failure the end. */
export const localSettings = (parallelism = 1): LocalSettings => {
  const system = createNodeSystem();
  return {
    system,
    logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
    jobName: 'bench',
    args: {},
    parallelism,
    mode: 'Streaming',
    restart: { strategy: 'None' },
    deadLetterPolicy: 'fail',
    deadLetters: () => undefined,
    baseDirectory: process.cwd(),
  };
};

/**
 * Waits for the end of a job that was not started yet.
 * @throws what it failed with.
 */
export const finish = async (job: LocalJob): Promise<void> => {
  job.start();
  const result = await job.ended;
  if (result.state !== 'finished') throw result.error ?? new Error(`The job ended as ${result.state}.`);
};

/**
 * Runs a job of one slot to its end on this thread.
 * @throws what the job failed with.
 */
export const runToEnd = (job: Job): Promise<void> => finish(createSharedThreadJob(job, localSettings()));

/** The peak of this process; `maxRSS` is in KiB. */
export const peakRssMiB = (): number => process.resourceUsage().maxRSS / 1024;

/** Measures something after what it leaves behind was collected. */
export const measure = async (records: number, run: () => void | Promise<void>): Promise<Measurement> => {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { records, seconds, cpuSeconds: (user + system) / 1e6, peakRssMiB: peakRssMiB() };
};

/** Remembers how large the process was when it was told to look. */
export class MemoryProbe {
  rssBytes = 0;

  /** Takes the size after a collection, so that garbage does not count. */
  look(): void {
    globalThis.gc?.();
    this.rssBytes = process.memoryUsage.rss();
  }
}

/** A job over a number of records, measured after a shorter run of the same kind. */
export const measureJob = async (
  create: (records: number, probe: MemoryProbe) => Job,
  records: number,
  warmUpRecords: number = Math.min(records, Math.max(200_000, Math.ceil(records / 10))),
): Promise<Measurement> => {
  await runToEnd(create(warmUpRecords, new MemoryProbe()));
  const probe = new MemoryProbe();
  const measurement = await measure(records, () => runToEnd(create(records, probe)));
  return probe.rssBytes === 0 ? measurement : { ...measurement, stateRssBytes: probe.rssBytes };
};

/** A hand-written loop over a number of records, measured after a shorter run of the same loop. */
export const measureLoop = async (
  loop: (records: number) => unknown,
  records: number,
  warmUpRecords: number = Math.min(records, Math.max(200_000, Math.ceil(records / 10))),
): Promise<Measurement> => {
  await loop(warmUpRecords);
  return measure(records, async () => void (await loop(records)));
};
