import { localJobUid } from '../checkpoint/local-names.ts';
import { readLog } from '../checkpoint/log.ts';
import { LogWriter } from '../checkpoint/log-writer.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { jobRoot } from '../checkpoint/paths.ts';
import { standingOf } from '../checkpoint/standing.ts';
import { storeUnder } from '../checkpoint/store-under.ts';
import { openStore, type StoreSurroundings } from '../checkpoint/stores/open-store.ts';
import type { Checkpoint } from '../contract/checkpoint.ts';
import { parseDuration } from '../contract/duration.ts';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import { createJobLog } from './job-log.ts';
import type { LocalState } from './local.ts';

export interface LocalStateSettings extends StoreSurroundings {
  readonly system: System;
  readonly checkpoint: Checkpoint;
  readonly jobName: string;
  /** What the job is called in the store; absent = it is found by its name. */
  readonly jobUid?: string | undefined;
  readonly runtimeVersion: string;
  /** The sha256 of the artifact. */
  readonly artifact: string;
  /** The number of key groups that the manifest asks for; absent = whatever the state has. */
  readonly maxParallelism?: number | undefined;
}

/** The state of a local job in its store, until it is closed. */
export interface OpenedState {
  readonly state: LocalState;
  /** The number of key groups of the job; undefined = nothing fixes it yet. */
  readonly maxParallelism: number | undefined;
  close(): Promise<void>;
}

/** Ends after which a job that is started again begins anew. */
const ends: readonly (string | undefined)[] = ['finished', 'drained'];

const uidOf = (store: ObjectStore, { system, jobName }: LocalStateSettings): Promise<string> => {
  const checksum = system.hashing;
  return localJobUid(store, jobName, system.random.id(), checksum, async (jobUid) => {
    const entries = await readLog({ store, jobUid, checksum });
    return ends.includes(standingOf(jobUid, entries, store.place).stopped);
  });
};

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
const keyGroupsOf = async (
  store: ObjectStore,
  jobUid: string,
  settings: LocalStateSettings,
): Promise<number | undefined> => {
  const entries = await readLog({ store, jobUid, checksum: settings.system.hashing });
  const stored = standingOf(jobUid, entries, store.place).line.at(-1)?.manifest.maxParallelism;
  const { maxParallelism = stored } = settings;
  if (stored !== undefined && maxParallelism !== stored) throw otherKeyGroups(settings, jobUid, stored);
  return maxParallelism;
};

const stateIn = (store: ObjectStore, jobUid: string, settings: LocalStateSettings): LocalState => {
  const { system, checkpoint, jobName, runtimeVersion, artifact } = settings;
  const writer = new LogWriter({
    store,
    jobUid,
    checksum: system.hashing,
    me: { writer: system.random.id(), deployment: 'local' },
    clock: system.clock,
    retained: () => checkpoint.retained,
  });
  return {
    store: storeUnder(store, jobRoot(jobUid)),
    log: createJobLog(writer),
    base: { jobUid, jobName, runtimeVersion, artifact },
    policy: {
      intervalMs: parseDuration(checkpoint.interval),
      minPauseMs: parseDuration(checkpoint.minPause),
      timeoutMs: parseDuration(checkpoint.timeout),
      tolerableFailures: checkpoint.tolerableFailures,
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
    const jobUid = settings.jobUid ?? (await uidOf(store, settings));
    const maxParallelism = await keyGroupsOf(store, jobUid, settings);
    return { state: stateIn(store, jobUid, settings), maxParallelism, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
};
