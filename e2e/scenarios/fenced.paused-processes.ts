import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { JobOnWorkers } from '../harness/job-on-workers.ts';
import { lastVisibleAttempt } from '../harness/job-output.ts';
import type { JobRun } from '../harness/job-run.ts';
import { waitUntil } from '../harness/wait.ts';
import { timeouts } from '../timeouts.ts';
import type { Scenario } from './scenario.ts';

/** Waits for something that a process is to say, or for its end. */
const says = async (run: JobRun, words: RegExp): Promise<boolean> => {
  await waitUntil(() => run.end !== undefined || words.test(run.text()), timeouts.firstOutputMs);
  return words.test(run.text());
};

const missing = (what: string, run: JobRun): Finding => ({
  checker: 'fencing',
  what: `${what}; it ended as ${JSON.stringify(run.end)} and said\n${run.text().slice(-1500)}`,
});

/** A coordinator is stopped (SIGSTOP), another one adopts its workers, and the first goes on (SIGCONT): it must end, and change nothing. */
export const pausedCoordinator: Scenario = {
  name: 'fenced.paused-coordinator',
  run: async ({ print }) => {
    const job = await JobOnWorkers.start(timeouts.settleMs, print);
    const findings: Finding[] = [];
    const old = job.coordinator;
    old.signal('SIGSTOP');
    const stoppedMs = performance.now();
    await job.replaceCoordinator();
    if (!(await says(job.coordinator, /goes on with attempt 1/)))
      findings.push(missing('the second coordinator did not adopt', job.coordinator));
    const recoveriesMs = [performance.now() - stoppedMs];
    old.signal('SIGCONT');
    if (!(await waitUntil(() => old.end !== undefined, timeouts.endByItselfMs)) || old.end?.code === 0)
      findings.push(missing('the coordinator that was replaced goes on', old));
    await old.kill();
    findings.push(...job.checkSoFar());
    return { findings: await job.finish(findings), faults: 1, recoveriesMs };
  },
};

/** A worker is stopped, another one takes its place, and the first goes on: nothing of what it writes then is seen. */
export const pausedWorker: Scenario = {
  name: 'fenced.paused-worker',
  run: async ({ print }) => {
    const job = await JobOnWorkers.start(timeouts.settleMs, print);
    const { path } = job.folder;
    const before = lastVisibleAttempt(path);
    const old = job.workers[0] as JobRun;
    old.signal('SIGSTOP');
    const stoppedMs = performance.now();
    job.addWorker();
    const findings: Finding[] = [];
    if (!(await waitUntil(() => lastVisibleAttempt(path) > before, timeouts.firstOutputMs)))
      findings.push(missing('no attempt went on without the worker', job.coordinator));
    const recoveriesMs = [performance.now() - stoppedMs];
    old.signal('SIGCONT');
    if (!(await says(old, /has lost its coordinator/)))
      findings.push(missing('the worker that was replaced did not notice', old));
    findings.push(...job.checkSoFar());
    return { findings: await job.finish(findings), faults: 1, recoveriesMs };
  },
};
