import type { Job } from 'millrace';
import { createSharedThreadJob } from '../src/coordinator/local.ts';
import { localSettings, measure } from './measure-job.ts';
import type { Measurement } from './scenario.ts';

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/**
 * Runs an endless job for a time, calls `look` every so often with the seconds since its start, and stops it.
 * @throws what the job failed with.
 */
export const measureWhile = async (
  job: Job,
  seconds: number,
  lookEverySeconds: number,
  look: (afterSeconds: number) => void,
  recordsSoFar: () => number,
): Promise<Measurement> => {
  const running = createSharedThreadJob(job, localSettings());
  const measurement = await measure(1, async () => {
    running.start();
    const start = performance.now();
    for (let after = 0; after < seconds; after = (performance.now() - start) / 1000) {
      await wait(Math.min(lookEverySeconds, seconds - after) * 1000);
      look((performance.now() - start) / 1000);
    }
    running.stop();
    const result = await running.ended;
    if (result.state === 'failed') throw result.error;
  });
  return { ...measurement, records: recordsSoFar() };
};
