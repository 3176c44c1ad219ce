import type { RemoteSeams } from '../scenarios/remote-job.ts';
import type { PlantedBug } from './planted.ts';

/** Bugs of a coordinator that goes on with what runs already. */
export const adoptionBugs: readonly PlantedBug<RemoteSeams>[] = [
  {
    name: 'splits that readers were given behind the last checkpoint are given again',
    pattern: 'a split in two places',
    plant: (right) => ({
      ...right,
      held: (held) => right.held(held).map((slot) => ({ ...slot, splits: [] })),
    }),
  },
  {
    name: 'enumerators of an adopted job begin anew',
    pattern: '35857: restarted without the newest state',
    plant: (right) => ({
      ...right,
      jobCode: (jobCode) => {
        const known = right.jobCode(jobCode);
        return {
          ...known,
          start: (restored, assigned) => known.start(assigned === undefined ? restored : [], assigned),
        };
      },
    }),
  },
];
