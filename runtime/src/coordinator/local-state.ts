import { isDeepStrictEqual } from 'node:util';
import { LogWriter } from '../checkpoint/log-writer.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { jobRoot } from '../checkpoint/paths.ts';
import { type NewUids, renameUids } from '../checkpoint/rename-uids.ts';
import { type Role, roleOf } from '../checkpoint/role.ts';
import { putSign } from '../checkpoint/signs-of-life.ts';
import type { Standing } from '../checkpoint/standing.ts';
import { storeUnder } from '../checkpoint/store-under.ts';
import { openStore, type StoreSurroundings } from '../checkpoint/stores/open-store.ts';
import type { Checkpoint } from '../contract/checkpoint.ts';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import { checkpointPolicyOf } from './checkpoint-times.ts';
import { findOwnJob, type OwnJob, type WantedJob } from './find-own-job.ts';
import type { ForkSource } from './fork.ts';
import { type Claimed, createJobLog, type JobLog, type OwnTerm } from './job-log.ts';
import type { LocalState } from './local.ts';

export interface LocalStateSettings extends StoreSurroundings, WantedJob {
  readonly system: System;
  readonly checkpoint: Checkpoint;
  readonly runtimeVersion: string;
  /** The sha256 of the artifact. */
  readonly artifact: string;
  /** Names code and arguments: what the log knows the deployment by. */
  readonly revision: string;
  /** The deployment, where there may be others of the job; absent = this is the only one, and named as its revision. */
  readonly deployment?: string | undefined;
  /** The number of key groups that the manifest asks for; absent = whatever the state has. */
  readonly maxParallelism?: number | undefined;
  /** Decides what the job goes on from, by where it stands; absent = its latest checkpoint. Rejects when it may not. */
  readonly begin?: ((own: Standing, store: ObjectStore) => Promise<Beginning>) | undefined;
}

/** What a job goes on from, if not from its latest checkpoint as it is. */
export interface Beginning {
  /** It goes back to the checkpoint of this entry of its log first. */
  readonly goBack?: { readonly to: number; readonly acceptRepeats: boolean } | undefined;
  /** Transforms have other uids than at the checkpoint. */
  readonly renamed?: NewUids | undefined;
  /** While it has no checkpoint of its own, or because somebody wishes it to go back there. */
  readonly from?: ForkSource | undefined;
  /** Called when the job has a log, once at least. */
  readonly hasBegun?: (() => Promise<void>) | undefined;
}

/** The state of a local job in its store, until it is closed. */
export interface OpenedState {
  readonly state: LocalState;
  /** The number of key groups of the job; undefined = nothing fixes it yet. */
  readonly maxParallelism: number | undefined;
  /** How many slots this deployment had at its last checkpoint; undefined = it has none. */
  readonly slots: number | undefined;
  /** What its deployment is to the job, and how that has ended, if it has. */
  readonly role: Role;
  readonly stopped: string | undefined;
  /** Writes down that a process of its deployment is there, or has left. */
  sign(isHere: boolean): Promise<void>;
  /** The same job as another revision runs it. @throws MillraceError when that is to keep its state in another place */
  revise(next: RevisedState): LocalState;
  close(): Promise<void>;
}

/** What may be another in the next revision of a job that runs. */
export interface RevisedState extends Pick<LocalStateSettings, 'checkpoint' | 'artifact' | 'revision'> {
  readonly renamed: NewUids;
}

/** What a revision runs as, in the log of a local job. */
export const localDeployment = (revision: string): string => `local-${revision}`;

const otherStore = (): MillraceError =>
  new MillraceError('manifest-invalid', 'A job that runs cannot be given another store.', {
    hint: 'Leave spec.checkpoint.store as it is, or stop the job, and start it from a savepoint in the other store.',
  });

const otherKeyGroups = (settings: LocalStateSettings, jobUid: string, stored: number): MillraceError =>
  new MillraceError(
    'job-invalid',
    `The state of the job “${settings.jobName}” is split into ${stored} key groups, and spec.maxParallelism is ${settings.maxParallelism}.`,
    {
      hint: `Set spec.maxParallelism to ${stored} or leave it out: it is fixed when a job is created. Under another name the job begins anew.`,
      where: { job: jobUid },
    },
  );

/**
 * The number of key groups that a job has, by its last checkpoint, or is to have.
 * @throws MillraceError when the manifest asks for another one.
 */
const keyGroupsOf = ({ jobUid, line }: Standing, settings: LocalStateSettings): number | undefined => {
  const stored = line.at(-1)?.manifest.maxParallelism;
  const { maxParallelism = stored } = settings;
  if (stored !== undefined && maxParallelism !== stored) throw otherKeyGroups(settings, jobUid, stored);
  return maxParallelism;
};

/** The log of a job that goes on as was decided: what runs is not adopted by who goes back. */
const beginningLog = (
  log: JobLog,
  job: OwnJob,
  { goBack, renamed = new Map(), hasBegun, from }: Beginning,
): JobLog => {
  let isBegun = false;
  const begun = async (claimed: Claimed): Promise<Claimed> => {
    await job.hasBegun();
    await hasBegun?.();
    isBegun = true;
    const { manifest } = claimed;
    return { ...claimed, manifest: manifest && renameUids(manifest, renamed) };
  };
  return {
    ...log,
    claim: async (takesOver) => {
      const claimed = await log.claim(takesOver);
      if (isBegun || goBack === undefined) return await begun(claimed);
      return await begun(await log.goBack(goBack.to, goBack.acceptRepeats));
    },
    adopt: async (isHeld) => {
      const isElsewhere = goBack !== undefined || from?.restore !== undefined;
      const claimed = isElsewhere ? undefined : await log.adopt(isHeld);
      return claimed && (await begun(claimed));
    },
  };
};

const stateIn = (
  store: ObjectStore,
  job: OwnJob,
  settings: LocalStateSettings,
  beginning: Beginning,
  own: OwnTerm,
): LocalState => {
  const { jobUid } = job.standing;
  const { system, checkpoint, jobName, runtimeVersion, artifact, revision, deployment } = settings;
  // Whoever reads them reads them again each time.
  const policy = { ...checkpointPolicyOf(checkpoint) };
  const kept = { retained: checkpoint.retained };
  const writer = new LogWriter({
    store,
    jobUid,
    checksum: system.hashing,
    me: { writer: system.random.id(), deployment: deployment ?? localDeployment(revision) },
    clock: system.clock,
    retained: () => kept.retained,
  });
  return {
    store: storeUnder(store, jobRoot(jobUid)),
    log: beginningLog(createJobLog(writer, own, deployment !== undefined), job, beginning),
    from: beginning.from,
    renamed: beginning.renamed,
    base: { jobUid, jobName, runtimeVersion, artifact },
    policy,
    tune: (next) => {
      Object.assign(policy, checkpointPolicyOf(next));
      kept.retained = next.retained;
    },
  };
};

/**
 * Opens the store of a manifest and finds the state of a local job in it by the name of the job. A job that has finished begins anew.
 * @throws MillraceError when the store cannot be used, or what is in it is damaged.
 */
export const openLocalState = async (settings: LocalStateSettings): Promise<OpenedState> => {
  const store = await openStore(settings.system, settings.checkpoint.store, settings);
  try {
    const job = await findOwnJob(store, settings);
    const maxParallelism = keyGroupsOf(job.standing, settings);
    const beginning = (await settings.begin?.(job.standing, store)) ?? {};
    const own: OwnTerm = {};
    const { deployment = localDeployment(settings.revision) } = settings;
    const isOwn = job.standing.owner === deployment;
    return {
      state: stateIn(store, job, settings, beginning, own),
      maxParallelism,
      slots: isOwn ? job.standing.line.at(-1)?.manifest.slots : undefined,
      role: roleOf(job.standing, deployment),
      stopped: job.standing.stopped,
      sign: (isHere) => putSign(store, job.standing.jobUid, deployment, isHere),
      revise: ({ renamed, ...next }) => {
        if (!isDeepStrictEqual(next.checkpoint.store, settings.checkpoint.store)) throw otherStore();
        return stateIn(store, job, { ...settings, ...next }, { renamed }, own);
      },
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};
