import type { ObjectStore } from '../checkpoint/object-store.ts';
import { savepointManifest } from '../checkpoint/paths.ts';
import { folderIn, readSavepointManifest, type SavepointSystem } from '../checkpoint/savepoint-folder.ts';
import { storeUnder } from '../checkpoint/store-under.ts';
import { type Removed, removeInParts } from './remove-in-parts.ts';

/** A folder that holds one savepoint and nothing else, since a job has made it. */
const isOwnFolder = (folder: string): boolean => /^jobs\/[^/]+\/savepoints\/[^/]+\/$/.test(folder);

/**
 * Removes a savepoint, its manifest first. May be done again after it was broken off anywhere: from the folder that a job has made, all
 * goes; from another one, what the manifest names.
 */
export const disposeSavepoint = async (
  system: SavepointSystem,
  store: ObjectStore,
  path: string,
): Promise<Removed> => {
  const folder = folderIn(store.place, path);
  const manifestKey = folder + savepointManifest;
  const listed = await store.list(folder);
  const manifest = listed.find(({ key }) => key === manifestKey);
  const others = listed.filter((status) => status !== manifest);
  if (isOwnFolder(folder))
    return removeInParts(store, [...(manifest === undefined ? [] : [manifest]), ...others]);
  if (manifest === undefined) return { objects: 0, bytes: 0 };
  const { objects } = await readSavepointManifest(system, storeUnder(store, folder));
  const named = new Set(objects.map(({ key }) => folder + key));
  return removeInParts(store, [manifest, ...others.filter(({ key }) => named.has(key))]);
};
