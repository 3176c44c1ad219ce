import type { Job, TwoPhaseSink } from 'millrace';
import { buildGraph } from '../../src/artifact/load.ts';
import { type Protocol, theProtocol } from '../../src/checkpoint/decide.ts';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { jobRoot } from '../../src/checkpoint/paths.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { createJobCode, type JobCodeHandle } from '../../src/coordinator/job-code.ts';
import { createJobLog, type JobLog, type OwnTerm } from '../../src/coordinator/job-log.ts';
import type { Deploy, JobRevision } from '../../src/coordinator/job-revision.ts';
import {
  checkpointsOf,
  keyGroupsOf,
  type LocalSettings,
  slotSetup,
  storageOf,
  surroundingsOf,
  withLetters,
} from '../../src/coordinator/local.ts';
import { LocalJob } from '../../src/coordinator/local-job.ts';
import { isTerminal } from '../../src/coordinator/transitions.ts';
import { allocateAlignment } from '../../src/exchange/alignment-board.ts';
import type { RemoteChannels } from '../../src/exchange/remote-channels.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';
import type { SnapshotOutput } from '../../src/task/slot-snapshots.ts';
import { createLocalSlot } from '../../src/worker/local-slot.ts';
import { SharedThreadChannels } from '../../src/worker/shared-thread.ts';
import type { BareSlot } from '../../src/worker/slot-handle.ts';
import { storedSlot } from '../../src/worker/stored-slot.ts';
import type { Cluster } from '../cluster.ts';
import { FaultyStore } from '../faulty-store.ts';
import type { SimulatedProcess } from '../process.ts';
import type { Scenario } from '../scenario.ts';
import { keepRunning } from '../supervisor.ts';
import { workloadJob } from '../workload/job.ts';
import type { Row } from '../workload/outlet.ts';
import { outletSink } from '../workload/outlet-sink.ts';
import { stalling } from '../workload/stalling-sink.ts';
import { checkWorkload, size, slowCall, workloadSettings } from './workload-run.ts';

/** What a planted bug may put in the place of the right thing. */
export interface JobSeams {
  readonly protocol: Protocol;
  store(store: ObjectStore): ObjectStore;
  log(log: JobLog): JobLog;
  jobCode(jobCode: JobCodeHandle): JobCodeHandle;
  slot(slot: BareSlot): BareSlot;
  channels(channels: RemoteChannels): RemoteChannels;
  snapshots(output: SnapshotOutput): SnapshotOutput;
  sink(sink: TwoPhaseSink<Row, string>): TwoPhaseSink<Row, string>;
  /** The graph of each slot of each attempt. */
  graph(plan: () => PhysicalGraph): PhysicalGraph;
}

/** As it is right. */
export const jobSeams: JobSeams = {
  protocol: theProtocol,
  store: (store) => store,
  log: (log) => log,
  jobCode: (jobCode) => jobCode,
  slot: (slot) => slot,
  channels: (channels) => channels,
  snapshots: (output) => output,
  sink: (sink) => sink,
  graph: (plan) => plan(),
};

const jobUid = 'workload';

const checkpointIntervalMs = 300;
const maxParallelism = 16;
/** Later the job is left as it is, so that it ends. */
const rescaledUntilMs = 20_000;

/** What one process runs the job as. `own`: shared by its revisions. */
export const settingsOf = (
  cluster: Cluster,
  process: SimulatedProcess,
  seams: JobSeams,
  { parallelism, alignmentTimeoutMs }: Pick<Kind, 'parallelism' | 'alignmentTimeoutMs'>,
  deployment = 'only',
  own: OwnTerm = {},
): LocalSettings => {
  const { system } = process;
  const store = seams.store(new FaultyStore(process, cluster.storage));
  const writer = new LogWriter({
    store,
    jobUid,
    checksum: system.hashing,
    me: { writer: system.random.id(), deployment },
    clock: system.clock,
    retained: () => 2,
    protocol: seams.protocol,
  });
  return {
    ...workloadSettings(cluster, process),
    parallelism: parallelism(process),
    maxParallelism,
    state: {
      store: storeUnder(store, jobRoot(jobUid)),
      log: seams.log(createJobLog(writer, own)),
      base: { jobUid, jobName: 'workload', runtimeVersion: '0', artifact: 'none' },
      policy: {
        intervalMs: checkpointIntervalMs,
        minPauseMs: 50,
        timeoutMs: 20_000,
        tolerableFailures: 2,
        alignmentTimeoutMs: alignmentTimeoutMs?.(process),
      },
    },
  };
};

/** As `sharedThreadRevision`, with the seams in between. */
export const revisionOf = (job: Job, settings: LocalSettings, seams: JobSeams): JobRevision => {
  const plan = (): PhysicalGraph => buildGraph(job, settings.args, settings);
  const graph = plan();
  const deploy: Deploy = (attempt, slotReports, enumeratorReports) => {
    const channels = new SharedThreadChannels();
    const alignment = allocateAlignment(graph);
    const slots = Array.from({ length: graph.slots }, (_, slot) =>
      storedSlot(slot, storageOf(settings, attempt), slotReports(slot), (snapshots) =>
        seams.slot(
          createLocalSlot({
            ...slotSetup(settings, seams.graph(plan), attempt, slot),
            ...slotReports(slot),
            snapshots: snapshots && seams.snapshots(snapshots),
            remote: seams.channels(channels.of(slot)),
            alignment,
          }),
        ),
      ),
    );
    const jobCode = seams.jobCode(createJobCode(plan(), surroundingsOf(settings), enumeratorReports));
    return { slots, jobCode: withLetters(settings, jobCode) };
  };
  const replan = async (parallelism: number): Promise<JobRevision> =>
    revisionOf(job, { ...settings, ...keyGroupsOf(graph), parallelism }, seams);
  return { graph, checkpoints: checkpointsOf(settings, graph), deploy, replan };
};

/** Gives some key groups to a slot every now and then, as a rescale would, until the job has ended. */
const moveKeyGroups = (process: SimulatedProcess, job: LocalJob): void => {
  const { random, timers } = process.system;
  const move = (): void => {
    if (isTerminal(job.state)) return;
    const keyGroups = Array.from({ length: maxParallelism }, (_, i) => i).filter(() => random.next() < 0.3);
    process.world.note(`${process.name} moves key groups ${keyGroups.join()}`);
    job.moveKeyGroups(keyGroups, random.next() < 0.5 ? 0 : 1);
    timers.after(100 + random.next() * 1000, move);
  };
  timers.after(random.next() * 500, move);
};

interface Kind {
  readonly name: string;
  /** Of each process that runs the job, one after the other. */
  parallelism(process: SimulatedProcess): number;
  whileRunning(process: SimulatedProcess, job: LocalJob): void;
  /** Whether there are more streams than the simple ones. */
  readonly isRich: boolean;
  /** Of each process: when barriers overtake what is in flight. With it, sinks stall. */
  readonly alignmentTimeoutMs?: (process: SimulatedProcess) => number;
}

const scenarioOf = (kind: Kind): Scenario<JobSeams> => ({
  name: kind.name,
  seams: jobSeams,
  budgetMs: 180_000,
  start: (cluster, seams) => {
    const { seed } = cluster.world;
    const { isRich, whileRunning, alignmentTimeoutMs } = kind;
    const sinkOf = (of: string): TwoPhaseSink<Row, string> =>
      alignmentTimeoutMs === undefined ? outletSink(cluster, of) : stalling(outletSink(cluster, of));
    let isDone = false;
    keepRunning(cluster, 'job', async (process) => {
      const job = workloadJob(seed, size, {
        sink: (of) => seams.sink(sinkOf(of)),
        taste: () => cluster.taste(),
        call: isRich ? () => slowCall(process) : undefined,
      });
      const settings = settingsOf(cluster, process, seams, kind);
      const running = new LocalJob({ ...settings, ...revisionOf(job, settings, seams) });
      running.start();
      whileRunning(process, running);
      const { state, error } = await running.ended;
      if (!process.alive) return;
      cluster.world.note(`${process.name} ends: ${state} ${error instanceof Error ? error.message : ''}`);
      if (state === 'finished') isDone = true;
      else process.kill('its job failed');
    });
    return { isDone: () => isDone, check: () => checkWorkload(cluster, isRich) };
  },
});

/** The workload on the whole runtime, coordinator and slots in one process, which is killed, stopped and doubled. */
export const wholeJob: Scenario<JobSeams> = scenarioOf({
  name: 'job',
  isRich: false,
  parallelism: () => 2,
  whileRunning: () => undefined,
});

/** The same while key groups move between its slots. */
export const movingJob: Scenario<JobSeams> = scenarioOf({
  name: 'moving-job',
  isRich: true,
  parallelism: () => 2,
  whileRunning: moveKeyGroups,
});

/** The same with another parallelism in each process that goes on with it, and with processes that end their job for that. */
export const rescaledJob: Scenario<JobSeams> = scenarioOf({
  name: 'rescaled-job',
  isRich: true,
  parallelism: (process) => 1 + Math.floor(process.system.random.next() * 4),
  whileRunning: (process) => {
    const { random, timers } = process.system;
    timers.after(400 + random.next() * 1500, () => {
      if (process.world.nowMs < rescaledUntilMs) process.kill('it is to have another parallelism');
    });
  },
});

/** The same with sinks that stall, so that barriers overtake what is in flight: at once, soon, or later than most of them wait. */
export const stalledJob: Scenario<JobSeams> = scenarioOf({
  name: 'stalled-job',
  isRich: false,
  parallelism: (process) => 1 + Math.floor(process.system.random.next() * 3),
  whileRunning: () => undefined,
  alignmentTimeoutMs: (process) => Math.floor(process.system.random.next() * 3) * 100,
});
