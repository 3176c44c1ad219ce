import { z } from 'zod';
import { text } from '../contract/field.ts';
import { isKeyPart } from './ids.ts';
import type { ObjectStore } from './object-store.ts';
import { localNameKey } from './paths.ts';
import { type Checksum, type Seal, sealText, unsealText, unusable } from './sealed-text.ts';

const seal: Seal = { name: 'millrace-name', format: 1, what: 'name of a job' };
const nameSchema = z.strictObject({ name: text(512), jobUid: text(512).refine(isKeyPart) });

const uidIn = (bytes: Uint8Array, name: string, store: ObjectStore, checksum: Checksum): string => {
  const found = { store: store.place, key: localNameKey(name) };
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

/** The uid of a job that runs on one machine; undefined = none of this name was ever started. */
export const findLocalJob = async (
  store: ObjectStore,
  name: string,
  checksum: Checksum,
): Promise<string | undefined> => {
  const bytes = await store.get(localNameKey(name));
  return bytes && uidIn(bytes, name, store, checksum);
};

/** The uid of a local job, made at its first start: of several that start at the same time one gives all of them its id. */
export const localJobUid = async (
  store: ObjectStore,
  name: string,
  newId: string,
  checksum: Checksum,
): Promise<string> => {
  const known = await findLocalJob(store, name, checksum);
  if (known !== undefined) return known;
  const bytes = sealText(seal, `${JSON.stringify({ name, jobUid: newId })}\n`, checksum);
  if ((await store.putIfAbsent(localNameKey(name), bytes)) === 'written') return newId;
  const first = await findLocalJob(store, name, checksum);
  if (first !== undefined) return first;
  throw unusable(seal.what, { store: store.place, key: localNameKey(name) }, 'was there and is gone');
};
