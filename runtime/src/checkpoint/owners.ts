/**
 * The *owner* of a name is the job that has it in a namespace, in whichever cluster. Each one says so once, by put-if-absent behind the one
 * before, so that of two that come at the same time one gives in. A job that is made again under its name finds here whose state it goes on from.
 */
import { z } from 'zod';
import { text } from '../contract/field.ts';
import { isKeyPart } from './ids.ts';
import type { ObjectStore } from './object-store.ts';
import { ownerBegunKey, ownerKey, ownerNumberOf, ownersPrefix } from './paths.ts';
import { type Checksum, type Found, type Seal, sealText, unsealText, unusable } from './sealed-text.ts';

/** A name in a namespace. */
export interface OwnedName {
  readonly namespace: string;
  readonly name: string;
}

/** What an owner says of itself, for ever. */
export interface Owner {
  readonly clusterId: string;
  readonly jobUid: string;
  /** Who had the name before; absent = nobody. */
  readonly previous?: string | undefined;
  /** Whether it goes on from that one's state, or begins with nothing. */
  readonly begins: 'resume' | 'anew';
}

export interface NumberedOwner extends Owner {
  readonly number: number;
  /** Whether it has had a log. */
  readonly hasBegun: boolean;
  /** When it took the name, by the clock of the store. */
  readonly sinceMs: number;
}

const seal: Seal = { name: 'millrace-owner', format: 1, what: 'owner of a name' };
const ownerSchema = z.strictObject({
  namespace: text(512),
  name: text(512),
  clusterId: text(512),
  jobUid: text(512).refine(isKeyPart),
  previous: text(512).refine(isKeyPart).optional(),
  begins: z.enum(['resume', 'anew']),
});

const parseJson = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

const ownerIn = (
  bytes: Uint8Array | undefined,
  { namespace, name }: OwnedName,
  found: Found,
  checksum: Checksum,
): Owner => {
  if (bytes === undefined) throw unusable(seal.what, found, 'was there and is gone');
  const result = ownerSchema.safeParse(parseJson(unsealText(seal, bytes, found, checksum)));
  if (!result.success || result.data.namespace !== namespace || result.data.name !== name)
    throw unusable(seal.what, found, 'is not that of this job');
  return result.data;
};

/** All that have had a name, the present one first. @throws MillraceError state-damaged when that cannot be read */
export const readOwners = async (
  store: ObjectStore,
  owned: OwnedName,
  checksum: Checksum,
): Promise<readonly NumberedOwner[]> => {
  const { namespace, name } = owned;
  const listed = await store.list(ownersPrefix(namespace, name));
  const keys = new Set(listed.map(({ key }) => key));
  const numbers = listed.flatMap(({ key, modifiedMs }) => {
    const number = ownerNumberOf(key);
    return number === undefined ? [] : [{ key, number, modifiedMs }];
  });
  return Promise.all(
    numbers
      .toSorted((one, other) => other.number - one.number)
      .map(async ({ key, number, modifiedMs }) => ({
        ...ownerIn(await store.get(key), owned, { store: store.place, key }, checksum),
        number,
        hasBegun: keys.has(ownerBegunKey(namespace, name, number)),
        sinceMs: modifiedMs,
      })),
  );
};

/** Takes a name as the `number`th. `exists` = another one was faster. */
export const putOwner = (
  store: ObjectStore,
  { namespace, name }: OwnedName,
  number: number,
  { clusterId, jobUid, previous, begins }: Owner,
  checksum: Checksum,
): Promise<'written' | 'exists'> => {
  const value = { namespace, name, clusterId, jobUid, previous, begins };
  const bytes = sealText(seal, `${JSON.stringify(value)}\n`, checksum);
  return store.putIfAbsent(ownerKey(namespace, name, number), bytes);
};

/** Says for ever that an owner has a log: without one it would not begin with nothing. */
export const markOwnerBegun = async (
  store: ObjectStore,
  { namespace, name }: OwnedName,
  number: number,
): Promise<void> => {
  await store.putIfAbsent(ownerBegunKey(namespace, name, number), new TextEncoder().encode('begun\n'));
};
