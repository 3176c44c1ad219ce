import { existsSync } from 'node:fs';
import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { SeededRandom } from '../../runtime/sim/random.ts';
import { checkSoFar } from '../checkers/output.ts';
import { workersOf } from '../harness/children.ts';
import { createJobFolder } from '../harness/job-folder.ts';
import { lastVisibleAttempt, readOutput } from '../harness/job-output.ts';
import { type JobRun, startJob } from '../harness/job-run.ts';
import { letRun, longestMs, shortestMs, watchRecovery } from '../harness/kill-loop.ts';
import { pause } from '../harness/wait.ts';
import { expectedOutput } from '../workload/records.ts';
import type { Scenario } from './scenario.ts';

const recordsPerSecond = 2000;
const args = ['--workers', '2'];
/** The others are of a worker. */
const shareOfCoordinator = 0.3;

const killProcess = (processId: number): void => {
  try {
    process.kill(processId, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
};

/** `kill -9` of one of two workers, or of their coordinator, every 1 to 6 s. */
export const killWorkers: Scenario = {
  name: 'exactly-once.kill-workers',
  obstacle: () => (existsSync('/proc/self/task') ? undefined : 'workers are found by /proc: Linux gets it'),
  run: async ({ seed, faultsMs, print }) => {
    const random = new SeededRandom(seed);
    const job = { records: Math.ceil((recordsPerSecond * faultsMs) / 1000), recordsPerSecond };
    const golden = expectedOutput(job.records);
    const folder = createJobFolder(job);
    const findings: Finding[] = [];
    const recoveries: Promise<number | undefined>[] = [];
    const untilMs = performance.now() + faultsMs;
    let faults = 0;
    let run: JobRun = startJob({ folder: folder.path, args });
    while (performance.now() < untilMs && findings.length === 0) {
      await Promise.race([pause(random.between(shortestMs, longestMs)), run.ended]);
      if (run.end?.code === 0) break;
      if (run.end !== undefined)
        findings.push({
          checker: 'end',
          what: `it ended as ${JSON.stringify(run.end)}:\n${run.text().slice(-2000)}`,
        });
      const before = lastVisibleAttempt(folder.path);
      const workers = workersOf(run.processId);
      if (workers.length > 0 && !random.chance(shareOfCoordinator)) killProcess(random.pick(workers));
      else {
        await run.kill();
        run = startJob({ folder: folder.path, args });
      }
      faults++;
      if (before > 0) recoveries.push(watchRecovery(folder.path, run, before));
      findings.push(...checkSoFar(readOutput(folder.path), golden));
    }
    await run.kill();
    const recoveriesMs = (await Promise.all(recoveries)).filter((took) => took !== undefined);
    if (findings.length === 0) {
      folder.configure({ ...job, recordsPerSecond: 1e6 });
      findings.push(...(await letRun({ folder, job, args: () => args, random, faultsMs: 0, print })));
    }
    if (findings.length === 0) folder.remove();
    else print(`what it has left is in ${folder.path}`);
    return { findings, faults, recoveriesMs };
  },
};
