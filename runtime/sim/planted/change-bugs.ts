import type { JobSeams } from '../scenarios/whole-job.ts';
import type { PlantedBug } from './planted.ts';

/** Bugs of a job that is changed while it runs. */
export const changeBugs: readonly PlantedBug<JobSeams>[] = [
  {
    name: 'an attempt aborts what the one before has prepared and what is still held back',
    pattern: 'a held transaction taken for one that was left behind',
    plant: (right) => ({
      ...right,
      jobCode: (jobCode) => {
        const known = right.jobCode(jobCode);
        return {
          ...known,
          start: async (restored) => {
            await known.abortOlder(Number.MAX_SAFE_INTEGER);
            await known.start(restored);
          },
        };
      },
    }),
  },
];
