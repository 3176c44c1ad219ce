import { join } from 'node:path';
import type { Artifact } from '../artifact/freeze.ts';
import { resolveMillraceToThisRuntime } from '../artifact/resolve.ts';
import { roleOf } from '../checkpoint/role.ts';
import type { StoreSurroundings } from '../checkpoint/stores/open-store.ts';
import { MillraceError } from '../contract/errors.ts';
import { partOfMachine } from '../contract/memory-budget.ts';
import type { LocalSettings } from '../coordinator/local.ts';
import { LocalJob } from '../coordinator/local-job.ts';
import type { LocalJobSettings } from '../coordinator/local-job-settings.ts';
import type { OpenedState } from '../coordinator/local-state.ts';
import type { RemoteSettings } from '../coordinator/remote-job.ts';
import { threadedRevision } from '../coordinator/threads.ts';
import type { TlsSettings } from '../sys/net.ts';
import { ownVersion } from '../sys/own-version.ts';
import type { Logger } from '../telemetry/logger.ts';
import { atEntry } from './at-entry.ts';
import type { BeginningChoice } from './beginning.ts';
import type { CommandIo } from './command-io.ts';
import type { DeadLetterFile } from './dead-letter-file.ts';
import { requireVariables, setVariables } from './environment.ts';
import { freezeTarget } from './freeze-target.ts';
import type { JobTarget } from './job-target.ts';
import { type BringUp, deployedAs, nextRevision, revisionName, trialOf } from './next-revision.ts';
import type { ClusterPlace } from './pod-options.ts';
import type { StartOptions } from './start-point.ts';
import type { WorkersOption } from './workers-option.ts';

/** A job with all that it needs to its end: its store, and its workers. */
interface StartableJob {
  readonly job: LocalJob;
  close(): Promise<void>;
  /** This process ends, and the job goes on without it: says so. */
  leave(): Promise<void>;
}

export interface JobCreation {
  readonly io: CommandIo;
  readonly target: JobTarget;
  /** What the target is by now. */
  readonly reread: () => JobTarget;
  readonly logger: Logger;
  readonly deadLetters: DeadLetterFile;
  readonly onBlocked: () => void;
  /** Absent = all slots are in this process. */
  readonly workers?: WorkersOption | undefined;
  /** The deployment of the job that this is; absent = there is no other. */
  readonly deployment?: string | undefined;
  /** What the job is called in its store; absent = it is found by its name. */
  readonly jobUid?: string | undefined;
  /** The cluster and the namespace that it is in; absent = none. */
  readonly cluster?: ClusterPlace | undefined;
  /** What it goes on from. */
  readonly start: StartOptions;
  /** What is mounted for its store. */
  readonly mounts?: Pick<StoreSurroundings, 'credentialsDirectory' | 'authorityDirectory'> | undefined;
}

const withoutStore = (): MillraceError =>
  new MillraceError(
    'manifest-invalid',
    'A job without checkpoints cannot go on from a savepoint or a checkpoint.',
    {
      hint: 'Name a store in spec.checkpoint.store: the state is looked for there, or copied there.',
    },
  );

const choiceOf = async (
  { io, target, logger, start: options, cluster, deployment }: JobCreation,
  artifact: Artifact,
): Promise<BeginningChoice> => {
  const { BeginningChoice } = await import('./beginning.ts');
  const { name, restore } = target;
  const savepointPlace = cluster?.savepointPlace;
  const clusterName = cluster && { ...cluster, name, previous: restore?.previous ?? 'Resume' };
  return new BeginningChoice({
    io,
    target,
    logger,
    artifact,
    options,
    clusterName,
    deployment,
    savepointPlace,
  });
};

/** The state that a manifest tells the job to keep; undefined = none. */
const openState = async (
  creation: JobCreation,
  artifact: Artifact,
): Promise<(OpenedState & Pick<StartableJob, 'leave'>) | undefined> => {
  const { io, target, logger, jobUid, start, deployment } = creation;
  const { name, checkpoint, baseDirectory, maxParallelism } = target;
  const isFrom = start.from !== undefined || start.fromJob !== undefined;
  if (checkpoint === undefined) {
    if (isFrom) throw withoutStore();
    return undefined;
  }
  const [{ openLocalState }, { SignOfLife }] = await Promise.all([
    import('../coordinator/local-state.ts'),
    import('../coordinator/sign-of-life.ts'),
  ]);
  const choice = await choiceOf(creation, artifact);
  const { system, environment } = io;
  try {
    const opened = await openLocalState({
      system,
      checkpoint,
      jobName: name,
      jobUid,
      anew: start.anew,
      evenIfOver: isFrom && start.from?.kind !== 'savepoint' && start.fromJob === undefined,
      runtimeVersion: ownVersion(system),
      artifact: artifact.sha256,
      revision: revisionName(system, artifact, target.args),
      ...creation.mounts,
      baseDirectory,
      environment,
      maxParallelism,
      deployment,
      // What runs elsewhere is compared when it is to be taken over.
      begin: async (own, store) =>
        deployment === undefined || roleOf(own, deployment) === 'leading'
          ? await choice.choose(own, store)
          : await choice.standBy(own, store),
    });
    const life = creation.cluster && new SignOfLife({ system, logger, sign: opened.sign });
    life?.start();
    const leave = async (): Promise<void> => life?.leave();
    const close = async (): Promise<void> => {
      await leave();
      await choice.close();
      await opened.close();
    };
    return { ...opened, close, leave };
  } catch (error) {
    await choice.close();
    throw error;
  }
};

/** How a job is named, watched, and replaced by what its file is by then (by `bringUp`), or by another deployment. */
const ownOf = (
  creation: JobCreation,
  artifact: Artifact,
  settings: LocalSettings,
  opened: OpenedState | undefined,
  bringUp: BringUp,
): Pick<LocalJobSettings, 'name' | 'manifestParallelism' | 'trial' | 'revise' | 'deployed'> => {
  const { io, target, deployment } = creation;
  const own = { manifestParallelism: target.parallelism, trial: target.upgrade && trialOf(target.upgrade) };
  if (deployment !== undefined && opened !== undefined)
    return { ...own, name: deployment, deployed: deployedAs(io, target, deployment, opened) };
  return {
    ...own,
    name: revisionName(io.system, artifact, target.args),
    revise: opened && ((running) => nextRevision(creation, settings, opened, running, bringUp)),
  };
};

/** A job of this process. */
const createHere = async (
  creation: JobCreation,
  artifact: Artifact,
  settings: LocalSettings,
  opened: OpenedState | undefined,
): Promise<LocalJob> => {
  const revision = await threadedRevision(artifact, settings);
  const own = ownOf(creation, artifact, settings, opened, threadedRevision);
  return new LocalJob({ ...settings, ...revision, ...own });
};

/** How the coordinator shows that it belongs to the job: signed by the authority in its store, which the first one makes. */
const ownIdentity = async (
  { io, target, mounts }: JobCreation,
  jobUid: string,
): Promise<TlsSettings | undefined> => {
  const { system, environment } = io;
  if (target.checkpoint === undefined) return undefined;
  const [{ openStore }, { makeJobAuthority }, { PodIdentity }] = await Promise.all([
    import('../checkpoint/stores/open-store.ts'),
    import('../checkpoint/job-authority.ts'),
    import('../worker/remote/pod-identity.ts'),
  ]);
  const { baseDirectory } = target;
  const surroundings = { ...mounts, environment, baseDirectory, isTried: true };
  const store = await openStore(system, target.checkpoint.store, surroundings);
  try {
    const authority = await makeJobAuthority(store, system, jobUid);
    const podUid = environment['MILLRACE_POD_UID'] ?? system.random.id();
    return new PodIdentity(system, authority, { jobUid, role: 'coordinator', podUid });
  } finally {
    await store.close();
  }
};

/** A job whose slots are in workers, which live as long as it does. */
const createOnWorkers = async (
  creation: JobCreation,
  workers: WorkersOption,
  artifact: Artifact,
  settings: LocalSettings,
  state: OpenedState | undefined,
): Promise<Omit<StartableJob, 'leave'>> => {
  const { io, target, logger, deadLetters } = creation;
  const { openWorkers } = await import('../coordinator/workers.ts');
  const { createRemoteJob, remoteRevision } = await import('../coordinator/remote-job.ts');
  const { system } = io;
  const jobUid = workers.jobUid ?? settings.state?.base.jobUid ?? system.random.id();
  const { spawn, slotsPerWorker, hasJobAuthority } = workers;
  const artifacts = join(artifact.path, '..');
  const opened = await openWorkers({
    system,
    logger,
    jobUid,
    artifact,
    deadLetters: deadLetters.accept,
    wanted: {
      ...workers,
      tls: hasJobAuthority ? await ownIdentity(creation, jobUid) : workers.tls,
      spawn: spawn === undefined ? undefined : { count: spawn, artifacts },
    },
  });
  const remoteOf = (wanted: LocalSettings): RemoteSettings => ({
    ...wanted,
    jobUid,
    slotsPerWorker,
    pool: opened.pool,
    memoryBytes: target.memoryBytes ?? (settings.memoryBytes ?? 0) / (spawn ?? 1),
    workerStore: target.checkpoint?.store,
    mayAdopt: spawn === undefined,
  });
  try {
    const own = ownOf(creation, artifact, settings, state, (next, wanted) =>
      remoteRevision(next, remoteOf(wanted)),
    );
    const job = await createRemoteJob(artifact, remoteOf(settings), own);
    return { job, close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
};

/**
 * Makes a job of a target, ready to start.
 * @throws MillraceError when it cannot: bad code, a bad graph, a store or a port that cannot be used.
 */
export const createJob = async (creation: JobCreation): Promise<StartableJob> => {
  const { io, target, logger, deadLetters, onBlocked, workers } = creation;
  requireVariables(io, target.environment);
  setVariables(io, target.environment);
  resolveMillraceToThisRuntime();
  const { system } = io;
  return await atEntry(target.entry, async () => {
    const artifact = await freezeTarget(io, target);
    const opened = await openState(creation, artifact);
    const settings: LocalSettings = {
      ...target,
      // What a deployment was rescaled to while it ran outlives its coordinator.
      parallelism: (creation.deployment === undefined ? undefined : opened?.slots) ?? target.parallelism,
      system,
      logger,
      jobName: target.name,
      memoryBytes: target.memoryBytes ?? system.memory.machineBytes() * partOfMachine,
      deadLetters: deadLetters.accept,
      deadLetterParcels: deadLetters,
      onBlocked,
      state: opened?.state,
      maxParallelism:
        opened?.maxParallelism ?? target.maxParallelism ?? opened?.state.from?.manifest.maxParallelism,
    };
    try {
      const { job, close } =
        workers === undefined
          ? { job: await createHere(creation, artifact, settings, opened), close: async () => undefined }
          : await createOnWorkers(creation, workers, artifact, settings, opened);
      return {
        job,
        close: async () => {
          await close();
          await opened?.close();
        },
        leave: async () => opened?.leave(),
      };
    } catch (error) {
      await opened?.close();
      throw error;
    }
  });
};
