import { existsSync } from 'node:fs';
import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { SeededRandom } from '../../runtime/sim/random.ts';
import { checkSoFar } from '../checkers/output.ts';
import { workersOf } from '../harness/children.ts';
import { createJobFolder } from '../harness/job-folder.ts';
import { lastVisibleAttempt, readOutput } from '../harness/job-output.ts';
import { startJob } from '../harness/job-run.ts';
import { checkEnd } from '../harness/kill-loop.ts';
import { beginningsSince } from '../harness/record-times.ts';
import { pause, waitUntil } from '../harness/wait.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput } from '../workload/records.ts';
import type { Scenario } from './scenario.ts';

const slots = 2;
const recordsPerSecond = 2000;
/** With a text of a hundred characters each: some 10 MB of state. */
const ballast = 80_000;
const shortestMs = 1500;
const longestMs = 2500;

/** `kill -9` of one of two workers again and again; recovery is until records come in both slots again. */
export const killWorker: Scenario = {
  name: 'recovery.kill-worker',
  obstacle: () => (existsSync('/proc/self/task') ? undefined : 'workers are found by /proc: Linux gets it'),
  run: async ({ seed, faultsMs, print }) => {
    const random = new SeededRandom(seed);
    const records = Math.ceil((recordsPerSecond * (faultsMs + timeouts.settleMs)) / 1000);
    const job = { records, recordsPerSecond, args: { times: 'times.txt', ballast: `${ballast}` } };
    const golden = expectedOutput(records);
    const folder = createJobFolder(job);
    const run = startJob({ folder: folder.path, args: ['--workers', `${slots}`] });
    await waitUntil(() => lastVisibleAttempt(folder.path) > 0, timeouts.firstOutputMs);
    const findings: Finding[] = [];
    const recoveriesMs: number[] = [];
    const untilMs = performance.now() + faultsMs;
    let faults = 0;
    while (performance.now() < untilMs && run.end === undefined && findings.length === 0) {
      await pause(random.between(shortestMs, longestMs));
      const workers = workersOf(run.processId);
      if (workers.length < slots) continue;
      const killedMs = Date.now();
      process.kill(random.pick(workers), 'SIGKILL');
      faults++;
      const flows = (): boolean => beginningsSince(folder.path, killedMs).length >= slots;
      if (await waitUntil(() => run.end !== undefined || flows(), timeouts.firstOutputMs))
        recoveriesMs.push(
          ...beginningsSince(folder.path, killedMs)
            .slice(slots - 1)
            .map((ms) => ms - killedMs),
        );
      findings.push(...checkSoFar(readOutput(folder.path), golden));
    }
    findings.push(...(await checkEnd({ folder, job, print }, run, timeouts.finishMs)));
    if (findings.length === 0) folder.remove();
    else print(`what it has left is in ${folder.path}`);
    return { findings, faults, recoveriesMs };
  },
};
