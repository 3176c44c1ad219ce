import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { SeededRandom } from '../../runtime/sim/random.ts';
import type { NextDeployment } from '../../runtime/src/contract/control/deployment.ts';
import type { JobStatus, PauseReport } from '../../runtime/src/contract/control/status.ts';
import { checkSoFar } from '../checkers/output.ts';
import { workersOf } from '../harness/children.ts';
import { createJobFolder, type JobFolderSettings } from '../harness/job-folder.ts';
import { readOutput } from '../harness/job-output.ts';
import { type JobRun, startCommand, startJob } from '../harness/job-run.ts';
import { letRun } from '../harness/kill-loop.ts';
import { pause, waitUntil } from '../harness/wait.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput } from '../workload/records.ts';
import type { Scenario } from './scenario.ts';

const recordsPerSecond = 2000;
const args = ['--workers', '2', '--control-port', '0'];
const mostSlots = 5;
const shortestMs = 500;
const longestMs = 4000;
/** Of what is done; what is left are rescales. */
const shareOfUpgrades = 0.35;
const shareOfKills = 0.25;

/** A quick trial, so that many of them fit into little time. */
const upgrade = { stability: { held: 1, window: '500ms' } };

/** A job that is changed: its run, where it is asked, and which edition of its manifest is in the file. */
class ChangingJob {
  readonly findings: Finding[] = [];
  readonly pausesMs: number[] = [];
  faults = 0;
  run: JobRun;
  readonly folder: ReturnType<typeof createJobFolder>;
  private readonly job: Pick<JobFolderSettings, 'records'>;
  private readonly random: SeededRandom;
  private edition = 1;

  constructor(job: Pick<JobFolderSettings, 'records'>, random: SeededRandom) {
    this.job = job;
    this.random = random;
    this.folder = createJobFolder({ ...job, recordsPerSecond });
    this.write();
    this.run = startJob({ folder: this.folder.path, args });
  }

  /** Something that a person may do, or that may happen. */
  async disturb(): Promise<void> {
    const address = await this.address();
    if (address === undefined) return;
    const dice = this.random.next();
    if (dice < shareOfKills) await this.kill();
    else if (dice < shareOfKills + shareOfUpgrades) await this.upgrade(address);
    else await this.rescale(address);
  }

  /** What is in the file: also the last process runs it, since while output is held the job goes on with it or back. */
  private write(): void {
    const args = { edition: `${this.edition}` };
    this.folder.configure({ ...this.job, recordsPerSecond, args, spec: { upgrade } });
  }

  /** Where its control API is; undefined = it is not there. */
  private async address(): Promise<string | undefined> {
    const { run } = this;
    const found = (): string | undefined => /control API is at (http:\/\/[^/\s]+)/.exec(run.text())?.[1];
    await waitUntil(() => found() !== undefined || run.end !== undefined, timeouts.firstOutputMs);
    return found();
  }

  private async kill(): Promise<void> {
    const workers = workersOf(this.run.processId);
    this.faults++;
    if (workers.length > 0 && this.random.chance(0.5)) {
      process.kill(this.random.pick(workers), 'SIGKILL');
      return;
    }
    await this.run.kill();
    this.run = startJob({ folder: this.folder.path, args });
  }

  /** The next edition, if the one before has settled. Whether it takes over is not sure: something else may happen to it. */
  private async upgrade(address: string): Promise<void> {
    const at = await ask<NextDeployment>(address, '/v1/next-deployment');
    if (at === undefined || ['preparing', 'held', 'released', 'stalled'].includes(at.phase)) return;
    this.edition++;
    this.write();
    const command = startCommand(this.folder.path, ['upgrade', 'job.yaml', '--control', address]);
    await Promise.race([command.ended, pause(longestMs)]);
    const status = await ask<JobStatus>(address, '/v1/status');
    this.note(status?.lastUpgrade);
  }

  private async rescale(address: string): Promise<void> {
    const parallelism = 1 + this.random.below(mostSlots);
    await ask(address, '/v1/parallelism', { parallelism });
    await pause(longestMs / 2);
    const status = await ask<JobStatus>(address, '/v1/status');
    this.note(status?.lastRescale);
  }

  private note(report: PauseReport | null | undefined): void {
    if (report?.outcome === 'done' && !this.pausesMs.includes(report.pauseMs))
      this.pausesMs.push(report.pauseMs);
  }
}

/** Asks a job, or gives it a wish; undefined = it did not answer, or not now. */
const ask = async <T>(address: string, path: string, wish?: object): Promise<T | undefined> => {
  try {
    const answer = await fetch(address + path, {
      ...(wish === undefined
        ? {}
        : { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(wish) }),
      signal: AbortSignal.timeout(timeouts.settleMs),
    });
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch {
    return undefined;
  }
};

/** Slots and code of a job on two workers are changed while it runs, and workers and coordinators are killed in between. */
export const changeJob: Scenario = {
  name: 'exactly-once.change-job',
  run: async ({ seed, faultsMs, print }) => {
    const random = new SeededRandom(seed);
    const records = Math.ceil((recordsPerSecond * faultsMs) / 1000);
    const job = { records, recordsPerSecond };
    const golden = expectedOutput(records);
    const changing = new ChangingJob({ records }, random);
    const { folder, findings, pausesMs } = changing;
    const untilMs = performance.now() + faultsMs;
    while (performance.now() < untilMs && findings.length === 0 && changing.run.end?.code !== 0) {
      await Promise.race([pause(random.between(shortestMs, longestMs)), changing.run.ended]);
      await changing.disturb();
      findings.push(...checkSoFar(readOutput(folder.path), golden));
    }
    const text = changing.run.text();
    await changing.run.kill();
    pausesMs.sort((one, other) => one - other);
    print(`${pausesMs.length} changes, records stood still for ${pausesMs.map(Math.round).join(', ')} ms`);
    const ended = { folder, job, args: () => args, random, faultsMs: 0, print };
    if (findings.length === 0) findings.push(...(await letRun(ended)));
    if (findings.length === 0) folder.remove();
    else print(`what it has left is in ${folder.path}\n${text.slice(-3000)}`);
    return { findings, faults: changing.faults, recoveriesMs: [] };
  },
};
