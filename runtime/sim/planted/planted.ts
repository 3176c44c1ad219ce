/**
 * `planted` holds wrong versions of the right thing: each stands for a bug that somebody has had, and replaces one seam of a scenario.
 * A simulator that does not catch them all has no eyes. Nothing in the runtime knows of them.
 */
import type { Scenario } from '../scenario.ts';
import { simulateCrashes, simulateSwarm } from '../simulate.ts';

/** Of runs without a fault; by it a switch-over is not rolled back. */
const quietSeed = 2;

/** A wrong version of a part of a scenario. */
export interface PlantedBug<Seams> {
  readonly name: string;
  /** What bug of the world it stands for: a number of the catalogue of bug patterns, or the protocol's own trap. */
  readonly pattern: string;
  /** Made anew for each run, since some of them remember. */
  plant(right: Seams): Seams;
}

/** Whether a bug shows without any fault: then any test would see it, and the simulator shows nothing by catching it. */
export const showsAlone = async <Seams>(
  scenario: Scenario<Seams>,
  { plant }: PlantedBug<Seams>,
): Promise<boolean> => {
  const { findings } = await simulateCrashes(scenario, quietSeed, [], plant(scenario.seams));
  return findings.length > 0;
};

/** How soon a bug was caught, and by what. */
export interface Caught {
  readonly name: string;
  readonly pattern: string;
  /** Runs until the first that was wrong; undefined = it was not caught. */
  readonly seeds: number | undefined;
  readonly finding: string;
}

/** Runs seed after seed until one of them shows that something is wrong. */
export const catchBug = async <Seams>(
  scenario: Scenario<Seams>,
  { name, pattern, plant }: PlantedBug<Seams>,
  mostSeeds: number,
): Promise<Caught> => {
  for (let seed = 1; seed <= mostSeeds; seed++) {
    const { findings } = await simulateSwarm(scenario, seed, plant(scenario.seams));
    const [finding] = findings;
    if (finding !== undefined)
      return { name, pattern, seeds: seed, finding: `${finding.checker}: ${finding.what}` };
  }
  return { name, pattern, seeds: undefined, finding: '' };
};
