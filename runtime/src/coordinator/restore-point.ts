import { findCheckpoint } from '../checkpoint/find-checkpoint.ts';
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { jobRoot, savepointFolder } from '../checkpoint/paths.ts';
import {
  disposeSavepoint,
  folderIn,
  keepSavepoint,
  readSavepointManifest,
  savepointsOf,
} from '../checkpoint/savepoint-folder.ts';
import type { Standing } from '../checkpoint/standing.ts';
import type { StateReading } from '../checkpoint/state-object-reader.ts';
import { storeUnder } from '../checkpoint/store-under.ts';
import { verifyCheckpoint } from '../checkpoint/verify.ts';
import { MillraceError } from '../contract/errors.ts';
import type { Restore } from '../contract/restore.ts';

/** What a job goes back to. */
export interface RestorePoint {
  readonly manifest: CheckpointManifest;
  /** Where its objects lie. */
  readonly folder: ObjectStore;
  /** What it is, for people. */
  readonly from: string;
}

export interface RestoreSettings {
  /** Of the whole store. */
  readonly reading: StateReading;
  /** Where the savepoint lies that is named, as somebody has told who knows; absent = it is one of the job. */
  readonly savepointPlace?: string | undefined;
}

/** A point that lies beside the log, so that nobody gives it up meanwhile. */
interface Dated extends RestorePoint {
  readonly atMs: number;
}

const noState = (restore: Restore): MillraceError =>
  new MillraceError('not-found', 'There is no state of this job that spec.restore could go back to.', {
    hint:
      restore.savepoint === undefined
        ? 'Leave spec.restore out, or name a savepoint of another job.'
        : `Create a Savepoint “${restore.savepoint}” first, or leave spec.restore out.`,
  });

const noSavepoint = (name: string, { place }: ObjectStore): MillraceError =>
  new MillraceError('not-found', `There is no savepoint “${name}” in ${place}.`, {
    hint: 'Name one that is complete, in the store of the job, or leave spec.restore out.',
  });

const isNotFound = (error: unknown): boolean => MillraceError.is(error) && error.code === 'not-found';

const requireWhole = async (
  { reading: { system } }: RestoreSettings,
  { manifest, folder, from }: RestorePoint,
): Promise<void> => {
  const [fault] = await verifyCheckpoint({ store: folder, system }, manifest);
  if (fault === undefined) return;
  throw new MillraceError(
    'state-damaged',
    `The job cannot go back to ${from}: ${fault.key ?? 'its manifest'} ${fault.why}.`,
    { hint: 'Choose another point, or bring the object back from a copy.', where: { store: folder.place } },
  );
};

const namedSavepoint = async (
  { reading: { store, system }, savepointPlace }: RestoreSettings,
  standing: Standing | undefined,
  name: string,
): Promise<RestorePoint> => {
  const from = `savepoint ${name}`;
  if (savepointPlace !== undefined) {
    const folder = storeUnder(store, folderIn(store.place, savepointPlace));
    return { manifest: await readSavepointManifest(system, folder), folder, from };
  }
  if (standing === undefined) throw noSavepoint(name, store);
  const root = storeUnder(store, jobRoot(standing.jobUid));
  const manifest = (await savepointsOf(system, root)).get(name);
  if (manifest === undefined) throw noSavepoint(name, root);
  return { manifest, folder: storeUnder(root, savepointFolder(name)), from };
};

/** The newest checkpoint that is whole, or savepoint, of a time or before. */
const latestBefore = async (
  { reading: { store, system } }: RestoreSettings,
  standing: Standing,
  atMs: number,
): Promise<Dated> => {
  const root = storeUnder(store, jobRoot(standing.jobUid));
  const savepoints = [...(await savepointsOf(system, root))]
    .filter(([, manifest]) => manifest.createdMs <= atMs)
    .map(
      ([name, manifest]): Dated => ({
        manifest,
        folder: storeUnder(root, savepointFolder(name)),
        from: `savepoint ${name}`,
        atMs: manifest.createdMs,
      }),
    );
  const kept = await findCheckpoint({ store: root, system }, standing, { kind: 'time', atMs }).then(
    ({ published }): Dated[] => [pointOf(root, published)],
    (error: unknown) => {
      if (isNotFound(error) && savepoints.length > 0) return [];
      throw error;
    },
  );
  return [...savepoints, ...kept].reduce((one, other) => (other.atMs >= one.atMs ? other : one));
};

const pointOf = (root: ObjectStore, { manifest, atMs }: Standing['line'][number]): Dated => ({
  manifest,
  folder: root,
  from: `checkpoint ${manifest.checkpointId} of ${new Date(atMs).toISOString()}`,
  atMs,
});

const target = async (
  settings: RestoreSettings,
  standing: Standing | undefined,
  restore: Restore,
): Promise<RestorePoint> => {
  const { store, system } = settings.reading;
  if (restore.savepoint !== undefined) return namedSavepoint(settings, standing, restore.savepoint);
  if (standing === undefined) throw noState(restore);
  if (restore.time !== undefined) return latestBefore(settings, standing, Date.parse(restore.time));
  const root = storeUnder(store, jobRoot(standing.jobUid));
  const { checkpoint } = restore;
  // What a revision on trial has completed is not good yet.
  const lastGood = standing.switchOver?.cut ?? standing.line.at(-1);
  if (checkpoint === undefined && lastGood !== undefined) return pointOf(root, lastGood);
  const wanted =
    checkpoint === undefined
      ? ({ kind: 'latest' } as const)
      : ({ kind: 'number', checkpointId: checkpoint } as const);
  return pointOf(root, (await findCheckpoint({ store: root, system }, standing, wanted)).published);
};

/**
 * What `spec.restore` means, of a job that stands so; undefined = there is none.
 * @throws MillraceError not-found when there is no such point, state-damaged when it is not whole
 */
export const findRestorePoint = async (
  settings: RestoreSettings,
  standing: Standing | undefined,
  restore: Restore,
): Promise<RestorePoint> => {
  const point = await target(settings, standing, restore);
  await requireWhole(settings, point);
  return point;
};

const pinName = ({ hashing }: StateReading['system'], id: string): string =>
  `restore-${hashing.sha256(new TextEncoder().encode(id)).slice(0, 12)}`;

/** The point that was put aside for a wish; undefined = none was. */
export const findPin = async (
  { reading: { store, system } }: RestoreSettings,
  jobUid: string,
  id: string,
): Promise<RestorePoint | undefined> => {
  const root = storeUnder(store, jobRoot(jobUid));
  const name = pinName(system, id);
  const manifest = (await savepointsOf(system, root)).get(name);
  return manifest && { manifest, folder: storeUnder(root, savepointFolder(name)), from: `savepoint ${name}` };
};

/** Puts a point of a job aside, since the job runs on, and may give the point up before it goes back to it. */
export const pinPoint = async (
  settings: RestoreSettings,
  jobUid: string,
  id: string,
  point: RestorePoint,
): Promise<RestorePoint> => {
  const { store, system } = settings.reading;
  const root = storeUnder(store, jobRoot(jobUid));
  // What lies in a folder of its own stays.
  if (point.folder.place !== root.place) return point;
  const name = pinName(system, id);
  await keepSavepoint(system, root, name, point.manifest);
  return { ...point, folder: storeUnder(root, savepointFolder(name)) };
};

/** Removes what was put aside, when the wish was carried out. */
export const removePin = async (settings: RestoreSettings, jobUid: string, id: string): Promise<void> => {
  const pin = await findPin(settings, jobUid, id);
  if (pin !== undefined) await disposeSavepoint(settings.reading.system, pin.folder);
};
