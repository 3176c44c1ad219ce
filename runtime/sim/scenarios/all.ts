import { type ExhaustiveResult, runExhaustive } from '../exhaustive.ts';
import type { Scenario } from '../scenario.ts';
import { type Outcome, simulateSwarm } from '../simulate.ts';
import { changingJob } from './changing-job.ts';
import { logJob } from './log-job.ts';
import { remoteJob } from './remote-job.ts';
import { switchOver } from './switch-over.ts';
import { movingJob, rescaledJob, stalledJob, wholeJob } from './whole-job.ts';

/** What can be done with a scenario, whatever its seams are. */
export interface NamedScenario {
  /** Of the seeds that are asked for, one in so many is run: several processes take ten times as long as one. */
  readonly oneIn: number;
  /** One seed of random faults. */
  swarm(seed: number): Promise<Outcome>;
  /** Crashes everywhere; absent where there are too many calls, or where they differ from run to run by what is random. */
  readonly crash?: () => Promise<ExhaustiveResult>;
}

const inSwarms = <Seams>(scenario: Scenario<Seams>, oneIn: number = 1): NamedScenario => ({
  oneIn,
  swarm: (seed) => simulateSwarm(scenario, seed),
});

const everywhere = <Seams>(scenario: Scenario<Seams>): NamedScenario => ({
  ...inSwarms(scenario),
  crash: () => runExhaustive(scenario),
});

/** Every scenario, by the name that the command takes. */
export const scenarios: Readonly<Record<string, NamedScenario>> = {
  log: everywhere(logJob),
  'switch-over': everywhere(switchOver),
  job: everywhere(wholeJob),
  'moving-job': inSwarms(movingJob, 2),
  'rescaled-job': inSwarms(rescaledJob, 2),
  'stalled-job': inSwarms(stalledJob, 2),
  'changing-job': inSwarms(changingJob, 2),
  'remote-job': inSwarms(remoteJob, 4),
};
