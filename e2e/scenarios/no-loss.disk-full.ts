import { join } from 'node:path';
import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { checkSoFar } from '../checkers/output.ts';
import { createJobFolder } from '../harness/job-folder.ts';
import { lastVisibleAttempt, readOutput } from '../harness/job-output.ts';
import { startJob } from '../harness/job-run.ts';
import { checkEnd } from '../harness/kill-loop.ts';
import { mountSmallDisk, noSmallDisk } from '../harness/small-disk.ts';
import { pause, waitUntil } from '../harness/wait.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput } from '../workload/records.ts';
import type { Scenario, ScenarioSettings } from './scenario.ts';

const recordsPerSecond = 2000;
const records = 20_000;
const sizeMebibytes = 16;
const fullMs = 4000;

/** A disk that is full for some seconds: of checkpoints, or of the sink. */
const fillOnce = async (place: string, { print }: ScenarioSettings): Promise<readonly Finding[]> => {
  const job = { records, recordsPerSecond };
  const folder = createJobFolder(job);
  const disk = mountSmallDisk(join(folder.path, place), sizeMebibytes);
  const findings: Finding[] = [];
  try {
    let run = startJob({ folder: folder.path });
    await waitUntil(() => lastVisibleAttempt(folder.path) > 0, timeouts.firstOutputMs);
    disk.fill();
    await pause(fullMs);
    if (!/no space|ENOSPC|is full/i.test(run.text()))
      findings.push({ checker: 'message', what: `nobody said that the disk of ${place} is full` });
    findings.push(...checkSoFar(readOutput(folder.path), expectedOutput(records)));
    disk.makeRoom();
    // A job that has given up is started again, as by a supervisor.
    if (run.end !== undefined) run = startJob({ folder: folder.path });
    findings.push(...(await checkEnd({ folder, job, print }, run, timeouts.finishMs)));
    if (findings.length > 0) print(run.text().slice(-3000));
    await run.kill();
  } finally {
    disk.remove();
  }
  folder.remove();
  return findings;
};

/** The disk of the checkpoints is full for a while, then that of the sink: it is said, and nothing is lost once there is room again. */
export const diskFull: Scenario = {
  name: 'no-loss.disk-full',
  obstacle: noSmallDisk,
  run: async (settings) => {
    const findings = [...(await fillOnce('state', settings)), ...(await fillOnce('windows', settings))];
    return { findings, faults: 2, recoveriesMs: [] };
  },
};
