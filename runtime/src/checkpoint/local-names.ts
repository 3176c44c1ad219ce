import { z } from 'zod';
import { text } from '../contract/field.ts';
import { isKeyPart } from './ids.ts';
import type { ObjectStore } from './object-store.ts';
import { localNameKey, localNamePrefix } from './paths.ts';
import { type Checksum, type Found, type Seal, sealText, unsealText, unusable } from './sealed-text.ts';

const seal: Seal = { name: 'millrace-name', format: 1, what: 'name of a job' };
const nameSchema = z.strictObject({ name: text(512), jobUid: text(512).refine(isKeyPart) });

const uidIn = (bytes: Uint8Array, name: string, found: Found, checksum: Checksum): string => {
  const json = unsealText(seal, bytes, found, checksum);
  const result = nameSchema.safeParse(parseJson(json));
  if (!result.success || result.data.name !== name)
    throw unusable(seal.what, found, 'is not that of this job');
  return result.data.jobUid;
};

const parseJson = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

/** The newest job of a name, and the how many-eth it is. */
const newest = async (store: ObjectStore, name: string, checksum: Checksum) => {
  const prefix = localNamePrefix(name);
  const runs = (await store.list(prefix)).map(({ key }) => Number(key.slice(prefix.length)));
  const run = runs
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .reduce((a, b) => Math.max(a, b), 0);
  if (run === 0) return undefined;
  const key = localNameKey(name, run);
  const bytes = await store.get(key);
  const found = { store: store.place, key };
  if (bytes === undefined) throw unusable(seal.what, found, 'was there and is gone');
  return { run, jobUid: uidIn(bytes, name, found, checksum) };
};

/** The uid of a job that runs on one machine; undefined = none of this name was ever started. */
export const findLocalJob = async (
  store: ObjectStore,
  name: string,
  checksum: Checksum,
): Promise<string | undefined> => (await newest(store, name, checksum))?.jobUid;

/**
 * The uid of a local job, made at its first start: of several that start at the same time one gives all of them its id. A job of
 * which `isOver` says that it has come to its end begins anew, under another uid.
 */
export const localJobUid = async (
  store: ObjectStore,
  name: string,
  newId: string,
  checksum: Checksum,
  isOver: (jobUid: string) => Promise<boolean> = () => Promise.resolve(false),
): Promise<string> => {
  const known = await newest(store, name, checksum);
  if (known !== undefined && !(await isOver(known.jobUid))) return known.jobUid;
  const key = localNameKey(name, (known?.run ?? 0) + 1);
  const bytes = sealText(seal, `${JSON.stringify({ name, jobUid: newId })}\n`, checksum);
  if ((await store.putIfAbsent(key, bytes)) === 'written') return newId;
  const first = await findLocalJob(store, name, checksum);
  if (first !== undefined) return first;
  throw unusable(seal.what, { store: store.place, key }, 'was there and is gone');
};
