import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createJobCode } from '../../src/coordinator/job-code.ts';
import { checkpointsOf, type LocalSettings, surroundingsOf } from '../../src/coordinator/local.ts';
import { LocalJob } from '../../src/coordinator/local-job.ts';
import { WorkerPool } from '../../src/coordinator/worker-pool.ts';
import { linkSizesOf } from '../../src/exchange/shared-links.ts';
import { RemoteAttempt } from '../../src/worker/remote/remote-attempt.ts';
import type { RemoteJob } from '../../src/worker/remote/remote-job.ts';
import { jobUid, planJob, slots } from '../coordinator/plan.ts';
import { localSettings, measure } from '../measure-job.ts';
import type { Measurement, Scenario } from '../scenario.ts';
import { stateIn, withFolder } from '../stored-job.ts';
import { watchCheckpoints } from '../watch-checkpoints.ts';

const warmUpMs = 10_000;
const measuredMs = 30_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

const percentile = (values: readonly number[], part: number): number => {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

/** As `createRemoteJob`, without code to send: the workers are simulated. */
const createJob = (settings: LocalSettings, pool: WorkerPool): LocalJob => {
  const graph = planJob();
  const remote: RemoteJob = {
    args: {},
    plan: { parallelism: slots },
    jobName: 'bench',
    baseDirectory: '/',
    deadLetterPolicy: 'fail',
    memoryBytes: undefined,
    uid: jobUid,
    sha256: 'none',
    graphHash: graph.hash,
    batchMode: false,
    logLevel: 'info',
    links: linkSizesOf(graph),
    taskNames: graph.tasks.map(({ name }) => name),
    store: undefined,
    blockedAfterMs: 10_000,
  };
  return new LocalJob({
    ...settings,
    graph,
    checkpoints: checkpointsOf(settings, graph),
    lead: (term) => pool.lead(term),
    deploy: (number, slotReports, enumeratorReports) => {
      const attempt = new RemoteAttempt(number, slots, remote, slotReports);
      pool.place(attempt);
      return {
        slots: attempt.slots,
        jobCode: createJobCode(planJob(), surroundingsOf(settings), enumeratorReports),
      };
    },
  });
};

/** The share of a core that a coordinator takes while it leads checkpoints every second; times of checkpoints too. */
const coordinate = (): Promise<Measurement> =>
  withFolder(async (folder) => {
    const opened = await stateIn(folder, '1s');
    const settings = { ...localSettings(slots), state: opened.state };
    const { system, logger } = settings;
    const pool = await WorkerPool.listen({
      system,
      logger,
      jobUid,
      host: '127.0.0.1',
      port: 0,
      runtimeVersion: '0',
      waitForRoomMs: 60_000,
      deadLetters: () => undefined,
      artifact: { sha256: 'none', bytes: new Uint8Array(0) },
    });
    const program = fileURLToPath(new URL('../coordinator/simulated-workers.ts', import.meta.url));
    const words = ['--conditions=millrace-source', program, String(pool.port)];
    const workers = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] });
    const job = createJob(settings, pool);
    const begun = new Map<number, number>();
    const durationsMs: number[] = [];
    watchCheckpoints(job, (event) => {
      if (event.what === 'triggered') begun.set(event.id, performance.now());
      if (event.what !== 'completed') return;
      const beginMs = begun.get(event.manifest.checkpointId);
      if (beginMs !== undefined) durationsMs.push(performance.now() - beginMs);
    });
    job.start();
    await Promise.race([wait(warmUpMs), job.ended]);
    durationsMs.length = 0;
    const measured = await measure(1, () =>
      Promise.race([wait(measuredMs), job.ended.then(() => undefined)]),
    );
    const completed = durationsMs.length;
    const { state } = job;
    await job.cancel();
    await pool.close();
    await opened.close();
    workers.kill();
    if (state !== 'running' || completed === 0)
      throw new Error(`The job is ${state} after ${completed} checkpoints.`);
    return {
      ...measured,
      records: completed,
      figures: {
        shareOfCore: measured.cpuSeconds / measured.seconds,
        checkpoints: completed,
        checkpointP50Ms: percentile(durationsMs, 0.5),
        checkpointP99Ms: percentile(durationsMs, 0.99),
      },
    };
  });

export const coordinatorScenarios: readonly Scenario[] = [
  {
    name: 'coordinator-200-slots',
    title: 'a coordinator of 200 slots in 10 simulated workers, a checkpoint a second: share of a core',
    subject: coordinate,
    bars: [
      { figure: 'shareOfCore', atMost: 0.2 },
      { figure: 'checkpoints', atLeast: 25 },
    ],
    note: 'Slots are simulated in another process: they acknowledge and report over real links as real ones do, and do no work. A record is a checkpoint.',
    onlyByName: true,
  },
];
