import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { SeededRandom } from '../../runtime/sim/random.ts';
import { JobOnWorkers } from '../harness/job-on-workers.ts';
import { lastVisibleAttempt } from '../harness/job-output.ts';
import { longestGapMs } from '../harness/record-times.ts';
import { pause, waitUntil } from '../harness/wait.ts';
import { timeouts } from '../timeouts.ts';
import type { Scenario } from './scenario.ts';

/** The part of the time in which nothing is done, to see what gaps there are without. */
const quietShare = 0.3;
const shortestMs = 1000;
const longestMs = 4000;

/**
 * `kill -9` of the coordinator again and again, each time with another one at once: the workers go on, nothing is lost, and it stays the
 * first attempt. Prints the longest gap between records, before the first kill and from there on.
 */
export const killCoordinator: Scenario = {
  name: 'no-pause.kill-coordinator',
  run: async ({ seed, faultsMs, print }) => {
    const random = new SeededRandom(seed);
    const job = await JobOnWorkers.start(faultsMs + timeouts.settleMs, print);
    const { path } = job.folder;
    const findings: Finding[] = [];
    const recoveriesMs: number[] = [];
    const quietFromMs = Date.now();
    const untilMs = performance.now() + faultsMs;
    await pause(faultsMs * quietShare);
    const killsFromMs = Date.now();
    let faults = 0;
    while (performance.now() < untilMs && job.coordinator.end === undefined && findings.length === 0) {
      const killedMs = performance.now();
      await job.coordinator.kill();
      await job.replaceCoordinator();
      faults++;
      const { coordinator } = job;
      const isThere = (): boolean =>
        coordinator.end !== undefined || /goes on with attempt/.test(coordinator.text());
      if (await waitUntil(isThere, timeouts.firstOutputMs)) recoveriesMs.push(performance.now() - killedMs);
      findings.push(...job.checkSoFar());
      await pause(random.between(shortestMs, longestMs));
    }
    const killsToMs = Date.now();
    const quietMs = longestGapMs(path, quietFromMs, killsFromMs - 1);
    const killedMs = longestGapMs(path, killsFromMs, killsToMs);
    print(`longest gap between records: ${quietMs} ms before, ${killedMs} ms while coordinators were killed`);
    const attempt = lastVisibleAttempt(path);
    if (attempt > 1) findings.push({ checker: 'adoption', what: `the job is at attempt ${attempt}` });
    return { findings: await job.finish(findings), faults, recoveriesMs };
  },
};
