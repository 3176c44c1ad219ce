import { dirname, resolve } from 'node:path';
import { isKeyPart } from '../checkpoint/ids.ts';
import { findLocalJob } from '../checkpoint/local-names.ts';
import { readLog } from '../checkpoint/log.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { jobsPrefix, jobUidOf } from '../checkpoint/paths.ts';
import { DirectoryStore } from '../checkpoint/stores/directory-store.ts';
import { openStore } from '../checkpoint/stores/open-store.ts';
import { MillraceError } from '../contract/errors.ts';
import type { CheckpointStore } from '../contract/store.ts';
import type { CommandIo } from './command-io.ts';
import { readStreamJob } from './manifest-target.ts';

/** Where checkpoints are, as a person says it: a manifest, or a store and a job in it. */
export interface PlaceOptions {
  readonly store?: string;
  readonly job?: string;
}

/** The store of a job, and which of the jobs in it. Whoever opened it closes the store. */
export interface CheckpointPlace {
  readonly store: ObjectStore;
  readonly jobUid: string;
}

interface Wanted {
  readonly settings: CheckpointStore;
  readonly baseDirectory: string;
  readonly job: string | undefined;
}

const invalid = (message: string, hint: string): MillraceError =>
  new MillraceError('manifest-invalid', message, { hint });

const wanted = (io: CommandIo, manifest: string | undefined, { store, job }: PlaceOptions): Wanted => {
  if (store !== undefined) return { settings: { directory: store }, baseDirectory: io.workingDirectory, job };
  if (manifest === undefined)
    throw invalid(
      'There is neither a manifest nor a store.',
      'Give a manifest, or --store with a directory.',
    );
  const path = resolve(io.workingDirectory, manifest);
  const { metadata, spec } = readStreamJob(io.system, path, manifest);
  if (spec.checkpoint === undefined)
    throw invalid(
      `${manifest} has no spec.checkpoint.`,
      'Say there where checkpoints go, or give --store with a directory.',
    );
  return { settings: spec.checkpoint.store, baseDirectory: dirname(path), job: job ?? metadata.name };
};

/** A store that is only looked at: a directory is not made, and nothing is tried out in it. */
const open = async (io: CommandIo, { settings, baseDirectory }: Wanted): Promise<ObjectStore> => {
  const { system, environment } = io;
  if (settings.directory === undefined) return openStore(system, settings, { baseDirectory, environment });
  const place = resolve(baseDirectory, settings.directory);
  if (system.files.stat(place) !== undefined) return new DirectoryStore(system, place);
  throw new MillraceError('io', `There is no directory ${place}.`, {
    hint: 'Give the directory of spec.checkpoint.store, or one that it was copied to.',
  });
};

/** The uid of a job of a store by its name or uid; without either it must be the only one. @throws MillraceError when there is none */
export const findJobUid = async (
  io: CommandIo,
  store: ObjectStore,
  job: string | undefined,
): Promise<string> => {
  const checksum = io.system.hashing;
  if (job !== undefined && isKeyPart(job)) {
    const uid = (await findLocalJob(store, job, checksum)) ?? job;
    if ((await readLog({ store, jobUid: uid, checksum })).length > 0) return uid;
  }
  const uids = [...new Set((await store.list(jobsPrefix)).flatMap(({ key }) => jobUidOf(key) ?? []))];
  const [only] = uids;
  if (job === undefined && uids.length === 1 && only !== undefined) return only;
  throw new MillraceError(
    'io',
    job === undefined
      ? `${store.place} has ${uids.length} jobs.`
      : `${store.place} has no log of a job ${job}.`,
    { hint: uids.length === 0 ? 'No job ever ran there.' : `Give --job with one of: ${uids.join(', ')}.` },
  );
};

/** Finds the job's part of a store. @throws MillraceError when there is no such store or job */
export const openPlace = async (
  io: CommandIo,
  manifest: string | undefined,
  options: PlaceOptions,
): Promise<CheckpointPlace> => {
  const place = wanted(io, manifest, options);
  const store = await open(io, place);
  try {
    return { store, jobUid: await findJobUid(io, store, place.job) };
  } catch (error) {
    await store.close();
    throw error;
  }
};
