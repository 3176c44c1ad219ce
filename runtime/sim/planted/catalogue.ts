import type { Scenario } from '../scenario.ts';
import { changingJob } from '../scenarios/changing-job.ts';
import { logJob } from '../scenarios/log-job.ts';
import { remoteJob } from '../scenarios/remote-job.ts';
import { switchOver } from '../scenarios/switch-over.ts';
import { stalledJob, wholeJob } from '../scenarios/whole-job.ts';
import { adoptionBugs } from './adoption-bugs.ts';
import { changeBugs } from './change-bugs.ts';
import { barrierBugs, sinkBugs, stateBugs } from './job-bugs.ts';
import { commitBugs, protocolBugs, switchOverBugs } from './log-bugs.ts';
import { type Caught, catchBug, type PlantedBug, showsAlone } from './planted.ts';
import { storeBugs } from './store-bugs.ts';
import { unalignedBugs } from './unaligned-bugs.ts';

/** A planted bug with the scenario that must show it. */
export interface Trap {
  readonly name: string;
  /** Runs up to so many seeds. */
  spring(mostSeeds: number): Promise<Caught>;
  /** See `showsAlone`. */
  showsAlone(): Promise<boolean>;
}

const trapsIn = <Seams>(scenario: Scenario<Seams>, bugs: readonly PlantedBug<Seams>[]): readonly Trap[] =>
  bugs.map((bug) => ({
    name: bug.name,
    spring: (mostSeeds) => catchBug(scenario, bug, mostSeeds),
    showsAlone: () => showsAlone(scenario, bug),
  }));

/** Every planted bug. */
export const traps: readonly Trap[] = [
  ...trapsIn(logJob, [...protocolBugs, ...commitBugs, ...storeBugs]),
  ...trapsIn(switchOver, switchOverBugs),
  ...trapsIn(remoteJob, adoptionBugs),
  ...trapsIn(changingJob, changeBugs),
  ...trapsIn(wholeJob, [...barrierBugs, ...stateBugs, ...sinkBugs]),
  ...trapsIn(stalledJob, unalignedBugs),
];
