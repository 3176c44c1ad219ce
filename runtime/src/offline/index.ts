/**
 * `millrace/state` reads and writes the state of jobs without running them. A *savepoint* is a folder with a manifest and the
 * objects that it names, and may be copied anywhere.
 *
 * ```ts
 * import { openSavepoint, writeSavepoint } from 'millrace/state';
 *
 * const savepoint = await openSavepoint('./savepoints/before-upgrade');
 * for await (const { key, state } of savepoint.keyedState('count')) console.log(key, state['total']);
 * await writeSavepoint('./savepoints/corrected', {
 *   jobName: 'shop',
 *   maxParallelism: 128,
 *   transforms: [{ uid: 'count', states: [valueState('total', { type: 'number' })], records }],
 * });
 * ```
 *
 * State of keyed functions is read and written by records, one for each key. Accumulators are given as they are stored; entries
 * with a time to live come without it, and begin a new life when they are restored.
 */
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { readSavepointManifest } from '../checkpoint/savepoint-folder.ts';
import { createNodeSystem } from '../sys/node-system.ts';
import { ownVersion } from '../sys/own-version.ts';
import type { System } from '../sys/system.ts';
import { openFolder } from './open-folder.ts';
import { openManifest, type Savepoint } from './savepoint.ts';
import { type BootstrappedState, writeSavepoint as writeTo } from './write-savepoint.ts';

export type { CheckpointManifest } from '../checkpoint/manifest.ts';
export type { KeyedRecord } from './keyed-records.ts';
export type { Savepoint, SubtaskRecord } from './savepoint.ts';
export type { BootstrappedState, BootstrappedTransform } from './write-savepoint.ts';

export interface OfflineOptions {
  /** What a relative path starts from; default the working directory. */
  readonly baseDirectory?: string;
  /** Where credentials are looked for; default the environment of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The machine; default the real one. */
  readonly system?: System;
}

const open = async (
  folder: string,
  options: OfflineOptions,
): Promise<{ readonly system: System; readonly store: ObjectStore }> => {
  const system = options.system ?? createNodeSystem();
  const { baseDirectory = process.cwd(), environment = process.env } = options;
  return { system, store: await openFolder(system, folder, { baseDirectory, environment }) };
};

/**
 * Opens the savepoint in a folder: the path of a directory, or `s3://bucket/prefix`.
 * @throws MillraceError io when it is damaged, of a newer version, or not there
 */
export const openSavepoint = async (folder: string, options: OfflineOptions = {}): Promise<Savepoint> => {
  const { system, store } = await open(folder, options);
  return openManifest(system, store, await readSavepointManifest(system, store));
};

/**
 * Makes a savepoint of records, from which a job can be started.
 * @throws MillraceError io when there is one in the folder already, record-invalid when a record has no place in the descriptors
 */
export const writeSavepoint = async (
  folder: string,
  state: BootstrappedState,
  options: OfflineOptions = {},
): Promise<CheckpointManifest> => {
  const { system, store } = await open(folder, options);
  return writeTo(system, store, state, {
    createdMs: system.clock.nowMs(),
    runtimeVersion: ownVersion(system),
  });
};
