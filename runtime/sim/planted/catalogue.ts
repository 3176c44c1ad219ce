import { logJob } from '../scenarios/log-job.ts';
import { switchOver } from '../scenarios/switch-over.ts';
import { commitBugs, protocolBugs, switchOverBugs } from './log-bugs.ts';
import { type Caught, catchBug } from './planted.ts';
import { storeBugs } from './store-bugs.ts';

/** A planted bug with the scenario that must show it. */
export interface Trap {
  readonly name: string;
  /** Runs up to so many seeds. */
  spring(mostSeeds: number): Promise<Caught>;
}

/** Every planted bug. */
export const traps: readonly Trap[] = [
  ...[...protocolBugs, ...commitBugs, ...storeBugs].map((bug) => ({
    name: bug.name,
    spring: (mostSeeds: number) => catchBug(logJob, bug, mostSeeds),
  })),
  ...switchOverBugs.map((bug) => ({
    name: bug.name,
    spring: (mostSeeds: number) => catchBug(switchOver, bug, mostSeeds),
  })),
];
