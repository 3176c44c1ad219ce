import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { SeededRandom } from '../../runtime/sim/random.ts';
import { checkFinished, checkNothingHidden, checkSoFar } from '../checkers/output.ts';
import { createJobFolder } from '../harness/job-folder.ts';
import { lastVisibleAttempt, readHidden, readOutput } from '../harness/job-output.ts';
import { type JobRun, startJob } from '../harness/job-run.ts';
import { pause, waitUntil } from '../harness/wait.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput } from '../workload/records.ts';
import type { Scenario } from './scenario.ts';

const recordsPerSecond = 2000;
/** Between the first output of a run and the moment at which it is stopped. */
const longestPauseMs = 2000;

/** A run that was replaced while it was stopped has ended by itself, and has said why. */
const checkReplaced = async (old: JobRun): Promise<readonly Finding[]> => {
  const hasEnded = await waitUntil(() => old.end !== undefined, timeouts.endByItselfMs);
  if (!hasEnded) return [{ checker: 'fencing', what: 'the run that was replaced goes on' }];
  if (old.end?.code !== 0 && /another|taken over|newer/i.test(old.text())) return [];
  return [
    {
      checker: 'fencing',
      what: `the run that was replaced ended as ${JSON.stringify(old.end)} and said\n${old.text().slice(-1500)}`,
    },
  ];
};

/**
 * A running job is stopped (SIGSTOP), a second run of the same manifest takes over, and the first goes on (SIGCONT): it must end by itself and publish nothing.
 */
export const pausedJob: Scenario = {
  name: 'fenced.paused-job',
  run: async ({ seed, faultsMs, print }) => {
    const random = new SeededRandom(seed);
    const untilMs = performance.now() + faultsMs;
    const job = { records: Math.ceil((recordsPerSecond * faultsMs) / 1000), recordsPerSecond };
    const golden = expectedOutput(job.records);
    const folder = createJobFolder(job);
    const start = (): JobRun => startJob({ folder: folder.path });
    const findings: Finding[] = [];
    const recoveriesMs: number[] = [];
    let faults = 0;
    let current = start();
    // Before it has claimed the job it would be the one that takes over.
    await waitUntil(() => lastVisibleAttempt(folder.path) > 0, timeouts.firstOutputMs);
    while (performance.now() < untilMs && findings.length === 0) {
      await Promise.race([pause(random.between(0, longestPauseMs)), current.ended]);
      if (current.end !== undefined) break;
      const old = current;
      const before = lastVisibleAttempt(folder.path);
      old.signal('SIGSTOP');
      const stoppedMs = performance.now();
      faults++;
      current = start();
      const isOver = (): boolean => current.end !== undefined || lastVisibleAttempt(folder.path) > before;
      await waitUntil(isOver, timeouts.firstOutputMs);
      recoveriesMs.push(performance.now() - stoppedMs);
      old.signal('SIGCONT');
      findings.push(...(await checkReplaced(old)), ...checkSoFar(readOutput(folder.path), golden));
      if (old.end === undefined) await old.kill();
    }
    const hasEnded = await waitUntil(() => current.end !== undefined, timeouts.finishMs);
    if (!hasEnded) await current.kill();
    if (current.end?.code !== 0) {
      print(current.text().slice(-3000));
      findings.push({ checker: 'end', what: `the job did not finish: ${JSON.stringify(current.end)}` });
    }
    findings.push(
      ...checkFinished(readOutput(folder.path), golden),
      ...checkNothingHidden(readHidden(folder.path)),
    );
    if (findings.length === 0) folder.remove();
    else print(`what it has left is in ${folder.path}`);
    return { findings, faults, recoveriesMs };
  },
};
