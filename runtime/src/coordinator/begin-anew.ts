/**
 * A revision that begins with nothing (`upgrade.mode: Stateless`) goes on from a checkpoint in which there is nothing, so that the log says so, whoever
 * claims the job next. It is put aside by the deployment that stands by, once for each time that it is to take over.
 */
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import { jobRoot, savepointFolder } from '../checkpoint/paths.ts';
import { nothing, type Restored } from '../checkpoint/restored.ts';
import { disposeSavepoint, keepSavepoint, savepointsOf } from '../checkpoint/savepoint-folder.ts';
import { restoredIn, type Standing } from '../checkpoint/standing.ts';
import { storeUnder } from '../checkpoint/store-under.ts';
import type { RestorePoint, RestoreSettings } from './restore-point.ts';

/** A checkpoint and what it stands for. */
export interface Nothing extends RestorePoint {
  readonly restore: Restored;
}

/** A checkpoint of a job without anything that the job was. */
const emptied = (manifest: CheckpointManifest, restore: Restored): CheckpointManifest => ({
  ...manifest,
  objects: [],
  schemas: [],
  transforms: [],
  sources: [],
  watermarks: [],
  sinks: [],
  inFlight: undefined,
  restored: [restore],
});

/**
 * What a deployment begins with that begins with nothing; undefined = it has begun. `takesOver`: it stands by, and each time is another one.
 */
export const findNothing = async (
  { reading: { store, system } }: RestoreSettings,
  own: Standing,
  deployment: string,
  takesOver: boolean,
): Promise<Nothing | undefined> => {
  const latest = own.line.at(-1)?.manifest;
  if (latest === undefined) return undefined;
  const root = storeUnder(store, jobRoot(own.jobUid));
  const name = `anew-${deployment}`;
  const folder = storeUnder(root, savepointFolder(name));
  const kept = (await savepointsOf(system, root)).get(name);
  const known = kept?.restored?.[0];
  const isDone = known !== undefined && restoredIn(own).some(({ id }) => id === known.id);
  if (kept !== undefined && known !== undefined && !isDone)
    return { manifest: kept, folder, from: nothing, restore: known };
  if (kept !== undefined) await disposeSavepoint(system, folder);
  if (!takesOver) return undefined;
  const restore = { id: `${deployment} in term ${own.term}`, from: nothing };
  const manifest = await keepSavepoint(system, root, name, emptied(latest, restore));
  return { manifest, folder, from: nothing, restore };
};
