/**
 * `scenarios` are what the simulator runs. The log job is the smallest job there can be: one number that counts up, a row for each
 * number, and the real log, state objects, permits and garbage collection around it. It runs a thousand seeds in the time that the
 * whole runtime takes for a few, and its coordinators are replaced, doubled and stopped as those of any job.
 */
import { checkOutput, checkSingleWriter } from '../checkers/output.ts';
import type { Scenario } from '../scenario.ts';
import { keepRunning } from '../supervisor.ts';
import {
  append,
  claim,
  type LogSeams,
  latestNumber,
  logSeams,
  rowOf,
  runCoordinator,
  takeCheckpoint,
  uid,
  type Work,
} from './log-coordinator.ts';

/** The job ends behind this number. */
const lastNumber = 30;

/** One attempt: from its claim to the end of the job. */
const runAttempt: Work = async (coordinator) => {
  await claim(coordinator);
  let number = await latestNumber(coordinator);
  while (number < lastNumber) number = await takeCheckpoint(coordinator, number);
  await append(coordinator.writer, { kind: 'stopped', how: 'finished' });
  return 'done';
};

export const logJob: Scenario<LogSeams> = {
  name: 'log',
  seams: logSeams,
  budgetMs: 120_000,
  start: (cluster, seams) => {
    let isDone = false;
    keepRunning(cluster, 'coordinator', async (process) => {
      const end = await runCoordinator(cluster, process, seams, 'only', runAttempt);
      if (!process.alive) return;
      if (end === 'done') isDone = true;
      else process.kill('deposed');
    });
    const expected = Array.from({ length: lastNumber }, (_, i) => rowOf(i + 1));
    return {
      isDone: () => isDone,
      check: () => [
        ...checkOutput(uid, cluster.outlet.published, expected),
        ...checkSingleWriter(cluster.outlet.published),
      ],
    };
  },
};
