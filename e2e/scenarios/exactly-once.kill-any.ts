import { SeededRandom } from '../../runtime/sim/random.ts';
import { openStore } from '../../runtime/src/checkpoint/stores/open-store.ts';
import { createNodeSystem } from '../../runtime/src/sys/node-system.ts';
import { verifyCheckpoint } from '../checkers/checkpoints.ts';
import { createJobFolder } from '../harness/job-folder.ts';
import { killAgainAndAgain } from '../harness/kill-loop.ts';
import type { Scenario } from './scenario.ts';

const recordsPerSecond = 2000;

/** Its state is in a directory. */
const killing =
  (argsBy: (random: SeededRandom) => () => readonly string[]): Scenario['run'] =>
  async ({ seed, faultsMs, print }) => {
    const random = new SeededRandom(seed);
    const job = { records: Math.ceil((recordsPerSecond * faultsMs) / 1000), recordsPerSecond };
    const folder = createJobFolder(job);
    const inspect = async () => {
      const surroundings = { baseDirectory: folder.path, environment: {} };
      const store = await openStore(createNodeSystem(), { directory: 'state' }, surroundings);
      const findings = await verifyCheckpoint(store);
      await store.close();
      return findings;
    };
    const outcome = await killAgainAndAgain({
      folder,
      job,
      args: argsBy(random.fork('arguments')),
      random,
      faultsMs,
      inspect,
      print,
    });
    if (outcome.findings.length === 0) folder.remove();
    else print(`what it has left is in ${folder.path}`);
    return outcome;
  };

/** `kill -9` of the process of a job every 1 to 6 s. */
export const killAny: Scenario = { name: 'exactly-once.kill-any', run: killing(() => () => []) };

const mostSlots = 4;

/** The same, and each time the job comes back with another number of slots. */
export const killAndRescale: Scenario = {
  name: 'exactly-once.kill-and-rescale',
  run: killing((random) => () => ['-p', `${1 + random.below(mostSlots)}`]),
};
