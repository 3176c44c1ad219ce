import * as z from 'zod';
import { text } from '../contract/field.ts';
import { isKeyPart } from './ids.ts';
import type { ObjectStore } from './object-store.ts';
import { localBegunKey, localNameKey, localNamePrefix } from './paths.ts';
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

/** A job that runs on one machine. */
export interface LocalName {
  readonly jobUid: string;
  /** The how many-eth of its name it is. */
  readonly run: number;
  /** Whether it has had a log. */
  readonly hasBegun: boolean;
}

/** The newest job of a name; undefined = none of this name was ever started. */
export const findLocalName = async (
  store: ObjectStore,
  name: string,
  checksum: Checksum,
): Promise<LocalName | undefined> => {
  const keys = (await store.list(localNamePrefix(name))).map(({ key }) => key);
  const runs = keys.map((key) => Number(key.slice(localNamePrefix(name).length)));
  const run = runs
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .reduce((a, b) => Math.max(a, b), 0);
  if (run === 0) return undefined;
  const key = localNameKey(name, run);
  const bytes = await store.get(key);
  const found = { store: store.place, key };
  if (bytes === undefined) throw unusable(seal.what, found, 'was there and is gone');
  const hasBegun = keys.includes(localBegunKey(name, run));
  return { run, jobUid: uidIn(bytes, name, found, checksum), hasBegun };
};

/** The uid of a job that runs on one machine; undefined = none of this name was ever started. */
export const findLocalJob = async (
  store: ObjectStore,
  name: string,
  checksum: Checksum,
): Promise<string | undefined> => (await findLocalName(store, name, checksum))?.jobUid;

const write = (store: ObjectStore, key: string, name: string, jobUid: string, checksum: Checksum) =>
  store.putIfAbsent(key, sealText(seal, `${JSON.stringify({ name, jobUid })}\n`, checksum));

/**
 * The local job of a name, made at its first start: of several that start at the same time one gives all of them its id. A job of
 * which `isOver` says that it has come to its end begins anew, under another uid.
 */
export const localJob = async (
  store: ObjectStore,
  name: string,
  newId: string,
  checksum: Checksum,
  isOver: (known: LocalName) => Promise<boolean> = () => Promise.resolve(false),
): Promise<LocalName> => {
  const known = await findLocalName(store, name, checksum);
  if (known !== undefined && !(await isOver(known))) return known;
  const run = (known?.run ?? 0) + 1;
  const key = localNameKey(name, run);
  const result = await write(store, key, name, newId, checksum);
  if (result === 'written') return { jobUid: newId, run, hasBegun: false };
  const first = await findLocalName(store, name, checksum);
  if (first !== undefined) return first;
  throw unusable(seal.what, { store: store.place, key }, 'was there and is gone');
};

/** Says for ever that a job has a log. Between its name and this it may have none, since no more than its name was made. */
export const markBegun = async (
  store: ObjectStore,
  name: string,
  { jobUid, run }: LocalName,
  checksum: Checksum,
): Promise<void> => {
  await write(store, localBegunKey(name, run), name, jobUid, checksum);
};
