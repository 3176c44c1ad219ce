import { type ExhaustiveResult, runExhaustive } from '../exhaustive.ts';
import type { Scenario } from '../scenario.ts';
import { type Outcome, simulateSwarm } from '../simulate.ts';
import { logJob } from './log-job.ts';
import { switchOver } from './switch-over.ts';
import { wholeJob } from './whole-job.ts';

/** What can be done with a scenario, whatever its seams are. */
export interface NamedScenario {
  /** One seed of random faults. */
  swarm(seed: number): Promise<Outcome>;
  /** Crashes everywhere. */
  crash(): Promise<ExhaustiveResult>;
}

const named = <Seams>(scenario: Scenario<Seams>): NamedScenario => ({
  swarm: (seed) => simulateSwarm(scenario, seed),
  crash: () => runExhaustive(scenario),
});

/** Every scenario, by the name that the command takes. */
export const scenarios: Readonly<Record<string, NamedScenario>> = {
  log: named(logJob),
  'switch-over': named(switchOver),
  job: named(wholeJob),
};
