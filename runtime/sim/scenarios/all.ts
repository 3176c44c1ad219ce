import { type ExhaustiveResult, runExhaustive } from '../exhaustive.ts';
import type { Scenario } from '../scenario.ts';
import { type Outcome, simulateSwarm } from '../simulate.ts';
import { logJob } from './log-job.ts';
import { switchOver } from './switch-over.ts';
import { movingJob, rescaledJob, wholeJob } from './whole-job.ts';

/** What can be done with a scenario, whatever its seams are. */
export interface NamedScenario {
  /** One seed of random faults. */
  swarm(seed: number): Promise<Outcome>;
  /** Crashes everywhere; absent where there are too many calls, or where they differ from run to run by what is random. */
  readonly crash?: () => Promise<ExhaustiveResult>;
}

const inSwarms = <Seams>(scenario: Scenario<Seams>): NamedScenario => ({
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
  'moving-job': inSwarms(movingJob),
  'rescaled-job': inSwarms(rescaledJob),
};
