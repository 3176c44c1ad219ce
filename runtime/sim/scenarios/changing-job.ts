import type { Job } from 'millrace';
import { buildGraph } from '../../src/artifact/load.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import type { OwnTerm } from '../../src/coordinator/job-log.ts';
import { LocalJob } from '../../src/coordinator/local-job.ts';
import type { NextRevision } from '../../src/coordinator/next-revision.ts';
import { isTerminal } from '../../src/coordinator/transitions.ts';
import { describeJob } from '../../src/offline/describe-job.ts';
import type { Cluster } from '../cluster.ts';
import type { SimulatedProcess } from '../process.ts';
import { SeededRandom } from '../random.ts';
import type { Scenario } from '../scenario.ts';
import { keepRunning } from '../supervisor.ts';
import { workloadJob } from '../workload/job.ts';
import { outletSink } from '../workload/outlet-sink.ts';
import { type JobSeams, jobSeams, revisionOf, settingsOf } from './whole-job.ts';
import { checkWorkload, size, slowCall } from './workload-run.ts';

/** Later the job is left as it is, so that it ends. */
const changedUntilMs = 20_000;
/** A version that is bad fails so many records after it begins, held or released. */
const goodRecords = 60;

/** What somebody has put into the file of the job: versions follow one another, and some of them are bad. */
class Versions {
  private readonly cluster: Cluster;
  private readonly seams: JobSeams;
  private readonly random: SeededRandom;
  /** The newest one; of odd seeds every third is bad until the job is left as it is. */
  private newest = 1;

  constructor(cluster: Cluster, seams: JobSeams) {
    this.cluster = cluster;
    this.seams = seams;
    this.random = new SeededRandom(cluster.world.seed + 77);
  }

  /** Somebody writes the next one. */
  write(): number {
    this.newest++;
    return this.newest;
  }

  /** Somebody starts the job again: with what is in the file, or with a version before it when that does not help. */
  choose(): number {
    return Math.max(1, this.newest - Math.floor(this.random.next() * 4));
  }

  job(version: number, process: SimulatedProcess): Job {
    const { cluster, seams } = this;
    const { world } = cluster;
    let tasted = 0;
    return workloadJob(world.seed, size, {
      sink: (of) => seams.sink(outletSink(cluster, of)),
      taste: () => {
        cluster.taste();
        tasted++;
        const isBad = world.seed % 2 === 1 && version % 3 === 2 && world.nowMs < changedUntilMs;
        // Of the job and not of the record, whatever the policy for dead letters.
        if (isBad && tasted % goodRecords === 0)
          throw new MillraceError('resource', `Version ${version} has a bug.`);
      },
      call: () => slowCall(process),
    });
  }
}

/** Some barriers overtake what is in flight; never that of a cut. */
const kindOf = (slots: number) => ({
  parallelism: () => slots,
  alignmentTimeoutMs: ({ system }: SimulatedProcess) => system.random.next() * 200,
});

const nameOf = (version: number): string => `version-${version}`;

/** A version as the revision that takes the place of another. */
const nextOf = async (
  versions: Versions,
  { cluster, process, seams, own }: Run,
  version: number,
  slots: number,
): Promise<NextRevision> => {
  const { random } = process.system;
  const name = nameOf(version);
  const code = versions.job(version, process);
  const parallelism = random.next() < 0.5 ? slots : 1 + Math.floor(random.next() * 4);
  const settings = settingsOf(cluster, process, seams, kindOf(parallelism), name, own);
  const described = { system: process.system, name: 'workload', args: {}, baseDirectory: '/' };
  return {
    name,
    deployment: name,
    revision: { ...revisionOf(code, settings, seams), name },
    states: await describeJob(described, buildGraph(code, {}, settings)),
    trial: {
      held: Math.floor(random.next() * 3),
      windowMs: random.next() * 1500,
      maxRestarts: Math.floor(random.next() * 2),
      rollsBack: true,
      timeoutMs: 10_000,
      watchesLag: true,
    },
    allowRemoved: false,
    waitsForApproval: false,
  };
};

/** What a process runs. */
interface Run {
  readonly cluster: Cluster;
  readonly process: SimulatedProcess;
  readonly seams: JobSeams;
  readonly own: OwnTerm;
}

/** Asks for another number of slots or another version every now and then, and goes back at times, until the job has ended. */
const change = (versions: Versions, { process }: Run, job: LocalJob, written: { version: number }): void => {
  const { random, timers } = process.system;
  const { world } = process;
  const note = (what: string, work: Promise<unknown>): void => {
    world.note(`${process.name} is asked to ${what}`);
    work.then(
      () => world.note(`${process.name} has done what it was asked: ${what}`),
      (error: unknown) => world.note(`${process.name} does not ${what}: ${(error as Error).message}`),
    );
  };
  const upgrade = async (): Promise<void> => {
    written.version = versions.write();
    const name = nameOf(written.version);
    await job.changes.upgrade.planNext(name);
    job.changes.upgrade.prepare(name);
  };
  const ask = (): void => {
    if (isTerminal(job.state) || world.nowMs > changedUntilMs) return;
    const slots = 1 + Math.floor(random.next() * 4);
    const under = job.changes.upgrade.status;
    if (random.next() < 0.5) note(`have ${slots} slots`, job.changes.rescale(slots));
    else if (under !== undefined && job.changes.upgrade.isUnderWay && random.next() < 0.3)
      note('roll back', (async () => job.changes.upgrade.rollBack(under.name))());
    else if (!job.changes.isUnderWay) note('be upgraded', upgrade());
    timers.after(100 + random.next() * 1200, ask);
  };
  timers.after(random.next() * 800, ask);
};

/** The workload on one process at a time, whose slots and code are changed while it runs, some of it bad. */
export const changingJob: Scenario<JobSeams> = {
  name: 'changing-job',
  seams: jobSeams,
  budgetMs: 180_000,
  start: (cluster, seams) => {
    const versions = new Versions(cluster, seams);
    let isDone = false;
    keepRunning(cluster, 'job', async (process) => {
      const run: Run = { cluster, process, seams, own: {} };
      const written = { version: versions.choose() };
      const { version } = written;
      const settings = settingsOf(cluster, process, seams, kindOf(2), nameOf(version), run.own);
      const job = new LocalJob({
        ...settings,
        ...revisionOf(versions.job(version, process), settings, seams),
        name: nameOf(version),
        revise: ({ slots }) => nextOf(versions, run, written.version, slots),
      });
      job.start();
      change(versions, run, job, written);
      const { state, error } = await job.ended;
      if (!process.alive) return;
      cluster.world.note(`${process.name} ends: ${state} ${error instanceof Error ? error.message : ''}`);
      if (state === 'finished') isDone = true;
      else process.kill('its job failed');
    });
    return { isDone: () => isDone, check: () => checkWorkload(cluster, true) };
  },
};
