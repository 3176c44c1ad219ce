/**
 * A savepoint is a folder that holds a manifest and all objects that it names, under relative keys: it can be copied anywhere. The
 * manifest is written last and removed first, so that there is a savepoint exactly when there is a manifest.
 */
import { MillraceError } from '../contract/errors.ts';
import type { Hashing } from '../sys/hashing.ts';
import { decodeSavepoint, encodeSavepoint } from './log-entry.ts';
import type { CheckpointManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { savepointFolder, savepointManifest, savepointsFolder } from './paths.ts';
import { storeUnder } from './store-under.ts';

/** What reading and writing a manifest takes of a machine. */
export interface SavepointSystem {
  readonly hashing: Hashing;
}

/** Objects that are copied at a time. */
const copiedAtOnce = 8;

/** The folder of a savepoint, relative to its store: a path as somebody has written it, or the place that a coordinator has told. */
export const folderIn = (place: string, path: string): string => {
  const parts = (text: string): readonly string[] => text.split('/').filter((part) => part !== '');
  const [base, whole] = [parts(place), parts(path)];
  const isInside = base.length > 0 && base.every((part, at) => whole[at] === part);
  return `${(isInside ? whole.slice(base.length) : whole).join('/')}/`;
};

export const savepointTaken = (folder: ObjectStore): MillraceError =>
  new MillraceError('conflict', `There is a savepoint in ${folder.place} already.`, {
    hint: 'Choose another name, or dispose of that one.',
    where: { store: folder.place },
  });

/** The manifest of the savepoint in a folder. @throws MillraceError state-damaged when it is damaged, of a newer version, or not there */
export const readSavepointManifest = async (
  { hashing }: SavepointSystem,
  folder: ObjectStore,
): Promise<CheckpointManifest> => {
  const bytes = await folder.get(savepointManifest);
  const found = { store: folder.place, key: savepointManifest };
  if (bytes !== undefined) return decodeSavepoint(bytes, found, hashing);
  throw new MillraceError(
    'io',
    `There is no savepoint in ${folder.place}: it has no object “${savepointManifest}”.`,
    {
      hint: 'Name the folder that the manifest lies in; `millrace savepoint list --store` shows those of a store.',
      where: found,
    },
  );
};

/**
 * Removes a savepoint: its manifest first, so that nobody takes what is left for one.
 * @throws MillraceError io when there is none in the folder
 */
export const disposeSavepoint = async (
  system: SavepointSystem,
  folder: ObjectStore,
): Promise<CheckpointManifest> => {
  const manifest = await readSavepointManifest(system, folder);
  await folder.remove([savepointManifest]);
  await folder.remove(manifest.objects.map(({ key }) => key));
  return manifest;
};

/** The savepoints of one job by name. `store`: what lies under the job's root. */
export const savepointsOf = async (
  system: SavepointSystem,
  store: ObjectStore,
): Promise<ReadonlyMap<string, CheckpointManifest>> => {
  const found = new Map<string, CheckpointManifest>();
  for (const { key } of await store.list(savepointsFolder)) {
    const name = /^savepoints\/([^/]+)\/manifest$/.exec(key)?.[1];
    if (name === undefined) continue;
    found.set(name, await readSavepointManifest(system, storeUnder(store, savepointFolder(name))));
  }
  return found;
};

/**
 * Makes a savepoint of a checkpoint of the same job, all of whose output is visible: a savepoint has nothing to commit, since what the
 * job had prepared is the job's to commit, and whoever starts from the savepoint would do it again.
 * @throws MillraceError conflict when there is one of this name, io when the store fails; nothing is left then
 */
export const keepSavepoint = async (
  { hashing }: SavepointSystem,
  store: ObjectStore,
  name: string,
  checkpoint: CheckpointManifest,
): Promise<CheckpointManifest> => {
  const root = savepointFolder(name);
  const folder = storeUnder(store, root);
  const keys = checkpoint.objects.map(({ key }) => key);
  const giveUp = (): Promise<void> => folder.remove(keys).catch(() => undefined);
  try {
    for (let from = 0; from < keys.length; from += copiedAtOnce)
      await Promise.all(keys.slice(from, from + copiedAtOnce).map((key) => store.copy(key, `${root}${key}`)));
  } catch (error) {
    await giveUp();
    throw error;
  }
  const manifest: CheckpointManifest = { ...checkpoint, kind: 'savepoint', sinks: [] };
  // When this rejects nobody knows whether there is a savepoint: its objects stay.
  const result = await folder.putIfAbsent(savepointManifest, encodeSavepoint(manifest, hashing));
  if (result === 'written') return manifest;
  await giveUp();
  throw savepointTaken(folder);
};
