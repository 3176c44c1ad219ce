import { beforeEach, expect, it } from 'vitest';
import { markOwnerBegun, type Owner, putOwner, readOwners } from '../../src/checkpoint/owners.ts';
import { ownerKey } from '../../src/checkpoint/paths.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { checksum } from './entries.ts';

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore({ nowMs: () => 7, monotonicMs: () => 0 });
});

const name = { namespace: 'shops', name: 'counts' };
const owner = (jobUid: string, more: Partial<Owner> = {}): Owner => ({
  clusterId: 'east',
  jobUid,
  begins: 'resume',
  ...more,
});

it('remembers who has had a name, the present one first, and which of them has had a log', async () => {
  expect(await readOwners(store, name, checksum)).toEqual([]);
  for (let number = 1; number <= 11; number++)
    await putOwner(store, name, number, owner(`uid-${number}`, { previous: `uid-${number - 1}` }), checksum);
  await markOwnerBegun(store, name, 10);
  await markOwnerBegun(store, name, 10);
  const owners = await readOwners(store, name, checksum);
  expect(owners.map(({ number }) => number)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  expect(owners.slice(0, 2)).toEqual([
    { ...owner('uid-11', { previous: 'uid-10' }), number: 11, hasBegun: false, sinceMs: 7, ...name },
    { ...owner('uid-10', { previous: 'uid-9' }), number: 10, hasBegun: true, sinceMs: 7, ...name },
  ]);
});

it('lets one of two have a name that come at the same time, and none of another namespace', async () => {
  const results = await Promise.all(['a', 'b'].map((uid) => putOwner(store, name, 1, owner(uid), checksum)));
  expect(results.toSorted()).toEqual(['exists', 'written']);
  expect(await readOwners(store, { ...name, namespace: 'local' }, checksum)).toEqual([]);
});

it('refuses an owner that is damaged, or of another name', async () => {
  await putOwner(store, name, 1, owner('a'), checksum);
  const bytes = (await store.get(ownerKey('shops', 'counts', 1))) as Uint8Array;
  await store.put(ownerKey('shops', 'sums', 1), bytes);
  await expect(readOwners(store, { ...name, name: 'sums' }, checksum)).rejects.toThrow(
    'is not that of this job',
  );
  await store.put(
    ownerKey('shops', 'counts', 1),
    bytes.map((byte, i) => (i === 60 ? byte ^ 1 : byte)),
  );
  await expect(readOwners(store, name, checksum)).rejects.toMatchObject({ code: 'state-damaged' });
});
