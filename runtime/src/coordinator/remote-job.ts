import type { Artifact } from '../artifact/freeze.ts';
import { memoryBudget } from '../contract/memory-budget.ts';
import type { CheckpointStore } from '../contract/store.ts';
import { linkSizesOf } from '../exchange/shared-links.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { RemoteAttempt } from '../worker/remote/remote-attempt.ts';
import type { RemoteJob } from '../worker/remote/remote-job.ts';
import { blockedAfterMs } from '../worker/watchdog.ts';
import type { Deploy, JobRevision } from './job-revision.ts';
import { checkpointsOf, keyGroupsOf, type LocalSettings, runsAsBatch, withLetters } from './local.ts';
import { LocalJob } from './local-job.ts';
import type { LocalJobSettings } from './local-job-settings.ts';
import { type WarmEnumerators, warmEnumerators } from './thread-enumerators.ts';
import { jobCode, loadHere, logLevel } from './threads.ts';
import type { WorkerPool } from './worker-pool.ts';
import { moduleOf } from './workers.ts';

export interface RemoteSettings extends LocalSettings {
  readonly jobUid: string;
  readonly pool: WorkerPool;
  /** The most slots that a worker has: they divide `memoryBytes`, which is of one worker. */
  readonly slotsPerWorker: number;
  /** The store of the manifest, as workers open it; absent = the job keeps no state. */
  readonly workerStore: CheckpointStore | undefined;
  /** Whether workers of a coordinator before this one may call: they know the address by other means. */
  readonly mayAdopt: boolean;
}

/** A job whose slots are in other processes. `revise`: see `LocalJobSettings`. */
export const createRemoteJob = async (
  artifact: Artifact,
  settings: RemoteSettings,
  own: Pick<LocalJobSettings, 'name' | 'manifestParallelism' | 'trial' | 'revise' | 'deployed'> = {},
): Promise<LocalJob> => {
  const { pool } = settings;
  const job = new LocalJob({ ...settings, ...(await remoteRevision(artifact, settings)), ...own });
  pool.onLeaving = () => void job.redeploy('a worker leaves');
  return job;
};

/** The code of a job on workers. What of it runs in no slot has a thread of this process. */
export const remoteRevision = async (artifact: Artifact, settings: RemoteSettings): Promise<JobRevision> => {
  const { system, logger, baseDirectory, jobName, pool, memoryBytes, slotsPerWorker, mayAdopt } = settings;
  const code = jobCode(artifact, settings);
  const warmUp = (): WarmEnumerators =>
    warmEnumerators({
      system,
      logger,
      data: { ...code, jobName, jobUid: settings.jobUid, baseDirectory, logLevel: logLevel(logger) },
    });
  // It loads the job while this thread does. Those of later attempts load it while their slots do.
  let warm: WarmEnumerators | undefined = warmUp();
  let graph: PhysicalGraph;
  try {
    graph = await loadHere(artifact, { ...settings, memoryBytes: undefined });
    // Too little memory is told before anything starts.
    if (memoryBytes !== undefined) memoryBudget(memoryBytes, Math.min(slotsPerWorker, graph.slots));
  } catch (error) {
    await warm.close();
    throw error;
  }
  pool.offer(moduleOf(system, artifact));
  const remote = remoteJobOf(artifact, settings, graph);
  const deployBy =
    (bringUp: (attempt: RemoteAttempt<RemoteJob>, beside?: number) => void): Deploy =>
    (number, slotReports, enumeratorReports, beside) => {
      const attempt = new RemoteAttempt(number, graph.slots, remote, slotReports, beside);
      bringUp(attempt, beside);
      const own = (warm ?? warmUp()).adopt(enumeratorReports, graph.hash);
      warm = undefined;
      return { slots: attempt.slots, jobCode: withLetters(settings, own), held: () => attempt.held };
    };
  const checkpoints = checkpointsOf(settings, graph);
  return {
    graph,
    checkpoints,
    lead: (term) => pool.lead(term),
    deploy: deployBy((attempt, beside) => pool.place(attempt, beside)),
    adopt: mayAdopt
      ? {
          claim: async () => checkpoints?.log.adopt((attempt) => pool.isHeld(attempt, graph.slots, remote)),
          deploy: deployBy((attempt) => pool.adopt(attempt)),
        }
      : undefined,
    replan: (parallelism) =>
      remoteRevision(artifact, {
        ...settings,
        ...keyGroupsOf(graph),
        parallelism,
        slotsPerWorker: Math.max(slotsPerWorker, Math.ceil(parallelism / Math.max(1, pool.workers.length))),
      }),
    close: async () => await warm?.close(),
  };
};

const remoteJobOf = (artifact: Artifact, settings: RemoteSettings, graph: PhysicalGraph): RemoteJob => {
  const { args, plan } = jobCode(artifact, settings);
  const { jobUid, jobName, baseDirectory, deadLetterPolicy, memoryBytes, workerStore, stateDisk } = settings;
  return {
    args,
    // Said by the graph, as it was at the first start: coordinators that run the same must say the same.
    plan: { ...plan, maxParallelism: graph.maxParallelism },
    jobName,
    baseDirectory,
    deadLetterPolicy,
    stateDisk,
    memoryBytes,
    uid: jobUid,
    sha256: artifact.sha256,
    graphHash: graph.hash,
    batchMode: runsAsBatch(graph, settings.mode),
    logLevel: logLevel(settings.logger),
    links: linkSizesOf(graph),
    taskNames: graph.tasks.map(({ name }) => name),
    store: settings.state === undefined ? undefined : workerStore,
    blockedAfterMs: settings.blockedAfterMs ?? blockedAfterMs,
  };
};
