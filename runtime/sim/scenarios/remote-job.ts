import type { Job, TwoPhaseSink } from 'millrace';
import { buildGraph } from '../../src/artifact/load.ts';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import { jobRoot } from '../../src/checkpoint/paths.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { DirectoryStore } from '../../src/checkpoint/stores/directory-store.ts';
import { createJobCode, type JobCodeHandle } from '../../src/coordinator/job-code.ts';
import { createJobLog } from '../../src/coordinator/job-log.ts';
import type { Deploy } from '../../src/coordinator/job-revision.ts';
import {
  checkpointsOf,
  type LocalSettings,
  surroundingsOf,
  withLetters,
} from '../../src/coordinator/local.ts';
import { LocalJob } from '../../src/coordinator/local-job.ts';
import { WorkerPool } from '../../src/coordinator/worker-pool.ts';
import { linkSizesOf } from '../../src/exchange/shared-links.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';
import { RemoteAttempt } from '../../src/worker/remote/remote-attempt.ts';
import type { RemoteJob } from '../../src/worker/remote/remote-job.ts';
import type { HeldSlot } from '../../src/worker/remote/slot-journal.ts';
import { WorkerProgram } from '../../src/worker/remote/worker-program.ts';
import { runSlotThread } from '../../src/worker/slot-thread.ts';
import type { Cluster } from '../cluster.ts';
import type { SimulatedProcess } from '../process.ts';
import type { Scenario } from '../scenario.ts';
import { keepRunning } from '../supervisor.ts';
import type { ThreadPrograms } from '../threads.ts';
import { traceLogger } from '../trace-logger.ts';
import { workloadJob } from '../workload/job.ts';
import type { Row } from '../workload/outlet.ts';
import { outletSink } from '../workload/outlet-sink.ts';
import { stalling } from '../workload/stalling-sink.ts';
import { checkWorkload, size, slowCall, workloadSettings } from './workload-run.ts';

/** What is shared by all machines, as a store would be. */
const sharedDisk = 'store';
const storeDirectory = '/store';
const jobUid = 'workload';
const coordinatorHost = 'coordinator';
const port = 7000;
const workers = ['worker-a', 'worker-b', 'worker-c'];
const maxParallelism = 16;
/** Some workers are asked to leave, as by a rolling update, before the job has ended. */
const leavingShare = 0.3;
const leavesWithinMs = 5000;
/** The first coordinators of some runs die soon after a checkpoint, whatever else happens, while the workers go on. */
const mortalShare = 0.6;
const mostMortal = 4;
const diesWithinMs = 700;
/** In half of the seeds sinks stall, and barriers overtake what is in flight: at once or after so long. */
const mostAlignmentMs = 200;

/** What a planted bug may replace. */
export interface RemoteSeams {
  /** What adopted slots have told. */
  readonly held: (held: readonly HeldSlot[]) => readonly HeldSlot[];
  readonly jobCode: (jobCode: JobCodeHandle) => JobCodeHandle;
}

const moduleBytes = new TextEncoder().encode('the workload');

const isStalled = ({ world }: Cluster): boolean => world.seed % 8 > 3;

const sinkOf = (cluster: Cluster, name: string): TwoPhaseSink<Row, string> => {
  const sink = outletSink(cluster, name);
  return isStalled(cluster) ? stalling(sink) : sink;
};

const jobOf = (cluster: Cluster, process: SimulatedProcess): Job =>
  workloadJob(cluster.world.seed, size, {
    sink: (name) => sinkOf(cluster, name),
    taste: () => cluster.taste(),
    call: () => slowCall(process),
  });

const settingsOf = (cluster: Cluster, process: SimulatedProcess): LocalSettings => {
  const { system } = process;
  const store = new DirectoryStore(system, storeDirectory);
  const me = { writer: system.random.id(), deployment: 'only' };
  const { clock, hashing } = system;
  const writer = new LogWriter({ store, jobUid, checksum: hashing, me, clock, retained: () => 2 });
  return {
    ...workloadSettings(cluster, process),
    parallelism: workers.length,
    maxParallelism,
    state: {
      store: storeUnder(store, jobRoot(jobUid)),
      log: createJobLog(writer),
      base: { jobUid, jobName: 'workload', runtimeVersion: '0', artifact: 'none' },
      policy: {
        intervalMs: 300,
        minPauseMs: 50,
        timeoutMs: 20_000,
        tolerableFailures: 2,
        ...(isStalled(cluster) ? { alignmentTimeoutMs: system.random.next() * mostAlignmentMs } : {}),
      },
    },
  };
};

const remoteJobOf = (settings: LocalSettings, graph: PhysicalGraph, sha256: string): RemoteJob => ({
  args: {},
  plan: { parallelism: workers.length, maxParallelism },
  jobName: settings.jobName,
  baseDirectory: '/',
  deadLetterPolicy: settings.deadLetterPolicy,
  memoryBytes: undefined,
  uid: jobUid,
  sha256,
  graphHash: graph.hash,
  batchMode: false,
  logLevel: 'info',
  links: linkSizesOf(graph),
  taskNames: graph.tasks.map(({ name }) => name),
  store: { directory: storeDirectory } as NonNullable<RemoteJob['store']>,
  blockedAfterMs: 10_000,
});

/** As `createRemoteJob`, but that the job is a function of this process and its enumerators are on the coordinator's own thread. */
const runCoordinator = async (
  cluster: Cluster,
  process: SimulatedProcess,
  seams: RemoteSeams,
  onCheckpoint: () => void,
): Promise<boolean> => {
  const { system } = process;
  const settings = settingsOf(cluster, process);
  const { logger } = settings;
  const plan = (): PhysicalGraph => buildGraph(jobOf(cluster, process), settings.args, settings);
  const graph = plan();
  const sha256 = system.hashing.sha256(moduleBytes);
  const pool = await WorkerPool.listen({
    system,
    logger,
    jobUid,
    host: '0.0.0.0',
    port,
    runtimeVersion: '0',
    waitForRoomMs: 20_000,
    deadLetters: () => undefined,
    artifact: { sha256, bytes: moduleBytes },
  });
  const remote = remoteJobOf(settings, graph, sha256);
  const deployBy =
    (bringUp: (attempt: RemoteAttempt<RemoteJob>) => void): Deploy =>
    (number, slotReports, enumeratorReports) => {
      const attempt = new RemoteAttempt(number, graph.slots, remote, slotReports);
      bringUp(attempt);
      const jobCode = seams.jobCode(createJobCode(plan(), surroundingsOf(settings), enumeratorReports));
      return {
        slots: attempt.slots,
        jobCode: withLetters(settings, jobCode),
        held: () => seams.held(attempt.held),
      };
    };
  const checkpoints = checkpointsOf(settings, graph);
  const job = new LocalJob({
    ...settings,
    graph,
    checkpoints,
    lead: (term) => pool.lead(term),
    deploy: deployBy((attempt) => pool.place(attempt)),
    adopt: {
      claim: async () => checkpoints?.log.adopt((attempt) => pool.isHeld(attempt, graph.slots, remote)),
      deploy: deployBy((attempt) => pool.adopt(attempt)),
    },
  });
  const nothing = (): void => undefined;
  job.observe({
    onState: nothing,
    onFailure: nothing,
    onSavepoint: nothing,
    onSwitchOver: nothing,
    onCheckpoint: ({ what }) => {
      if (what === 'completed') onCheckpoint();
    },
  });
  pool.onLeaving = () => void job.redeploy('a worker leaves');
  job.start();
  const { state, error } = await job.ended;
  cluster.world.note(`${process.name} ends: ${state} ${error instanceof Error ? error.message : ''}`);
  if (state === 'finished') await pool.close();
  return state === 'finished';
};

/** Slots run on threads of their worker; who looks after them does nothing here. */
const threadsOf = (cluster: Cluster): ThreadPrograms => {
  return (entry) => {
    if (!entry.pathname.includes('slot-thread')) return undefined;
    return (threadPort, system) =>
      runSlotThread(threadPort, system, async ({ args, plan }) =>
        buildGraph(jobOf(cluster, cluster.processOf(system)), args, plan),
      );
  };
};

const runWorker = async (process: SimulatedProcess): Promise<void> => {
  const worker = new WorkerProgram({
    system: process.system,
    logger: traceLogger(process),
    coordinator: { host: coordinatorHost, port },
    jobUid,
    name: process.host,
    host: process.host,
    slots: 1,
    runtimeVersion: '0',
    reconnectForMs: 3_600_000,
    holdsSlots: true,
    graceMs: 1000,
    directory: `/modules/${process.host}`,
    tls: undefined,
    store: { environment: {} },
  });
  worker.start();
  let hasLeft = false;
  const { random, timers } = process.system;
  if (random.next() < leavingShare)
    timers.after(random.next() * leavesWithinMs, () => {
      hasLeft = true;
      process.world.note(`${process.name} is asked to leave`);
      worker.leave();
    });
  const error = await worker.ended;
  // Also one that was told of the end: when its coordinator died while telling the others, the next one needs it again.
  process.kill(error?.message ?? (hasLeft ? 'it has left' : 'it has ended'));
};

/** The workload with a coordinator and three workers in processes of their own, which call each other over the network. */
export const remoteJob: Scenario<RemoteSeams> = {
  name: 'remote-job',
  seams: { held: (held) => held, jobCode: (jobCode) => jobCode },
  budgetMs: 240_000,
  start: (cluster, seams) => {
    let isDone = false;
    const fate = cluster.world.random.fork('coordinators');
    let mortal = fate.chance(mortalShare) ? mostMortal : 0;
    const dieSoon = (process: SimulatedProcess): void => {
      if (mortal-- > 0)
        cluster.world.after(fate.between(0, diesWithinMs), () => process.kill('its hour has come'));
    };
    keepRunning(
      cluster,
      coordinatorHost,
      async (process) => {
        const hasFinished = await runCoordinator(cluster, process, seams, () => dieSoon(process));
        if (!process.alive) return;
        if (hasFinished) isDone = true;
        else process.kill('its job failed');
      },
      { diskOf: sharedDisk },
    );
    for (const name of workers)
      keepRunning(cluster, name, runWorker, { diskOf: sharedDisk, threads: threadsOf });
    return { isDone: () => isDone, check: () => checkWorkload(cluster, true) };
  },
};
