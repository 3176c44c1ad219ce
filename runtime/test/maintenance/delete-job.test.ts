import { beforeEach, describe, expect, it } from 'vitest';
import { encodeLogEntry } from '../../src/checkpoint/log-entry.ts';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { deletedKey, jobRoot, logKey } from '../../src/checkpoint/paths.ts';
import { deleteJob } from '../../src/maintenance/delete-job.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';
import { checksum, claimWish, jobUid, logOf, one, publish } from '../checkpoint/entries.ts';
import { MemoryStore } from '../support/memory-store.ts';

const root = jobRoot(jobUid);
const own = ['state/1/1/0-0', 'state/1/2/0-0', 'standby/1/2/blue', 'trust/authority'];
const savepoint = ['savepoints/before/manifest', 'savepoints/before/state/1/1/0-0'].map((key) => root + key);
const others = ['jobs/other/log/1', 'jobs/other/state/1/1/0-0'];

const { system } = createTestSystem();
const job = (store: ObjectStore) => ({ system, store, jobUid });
let store: MemoryStore;
const left = async (): Promise<readonly string[]> => (await store.list('')).map(({ key }) => key);

const wishes = [
  [one, claimWish],
  [one, publish(1)],
  [one, publish(2)],
] as const;
const { entries } = logOf(wishes);

beforeEach(async () => {
  store = new MemoryStore(system.clock);
  for (const key of [...own.map((key) => root + key), ...savepoint, ...others])
    await store.put(key, new Uint8Array(2));
  for (const entry of entries) await store.put(logKey(jobUid, entry.number), encodeLogEntry(entry, checksum));
});

/** The same store, in which the process dies before or after its n-th write. */
const dying = (at: number, when: 'before' | 'after'): ObjectStore => {
  let calls = 0;
  const count = async <T>(call: () => Promise<T>): Promise<T> => {
    const isLast = ++calls === at;
    if (isLast && when === 'before') throw new Error('died');
    const result = await call();
    if (isLast) throw new Error('died');
    return result;
  };
  return Object.assign(Object.create(store) as ObjectStore, {
    putIfAbsent: (key: string, bytes: Uint8Array) => count(() => store.putIfAbsent(key, bytes)),
    remove: async (keys: readonly string[]) => {
      for (const key of keys) await count(() => store.remove([key]));
    },
  });
};

const coordinator = () =>
  new LogWriter({ store, jobUid, checksum, clock: system.clock, me: one, retained: () => 3 });

describe('deleting a job in its store', () => {
  it('removes all of it but its savepoints, and nothing of others', async () => {
    const { objects } = await deleteJob(job(store));
    expect(await left()).toEqual([...others, ...savepoint, deletedKey(jobUid)].sort());
    // The two entries by which it was fenced go too.
    expect(objects).toBe(own.length + entries.length + 2);
  });

  it('does nothing the second time', async () => {
    await deleteJob(job(store));
    expect(await deleteJob(job(store))).toEqual({ objects: 0, bytes: 0 });
    expect(await left()).toEqual([...others, ...savepoint, deletedKey(jobUid)].sort());
  });

  it('comes to the same end wherever it was broken off', async () => {
    const steps = own.length + entries.length + 4;
    for (const when of ['before', 'after'] as const)
      for (let at = 1; at <= steps; at++) {
        store = new MemoryStore(system.clock);
        for (const key of [...own.map((key) => root + key), ...savepoint])
          await store.put(key, new Uint8Array(2));
        for (const entry of entries)
          await store.put(logKey(jobUid, entry.number), encodeLogEntry(entry, checksum));
        await expect(deleteJob(job(dying(at, when)))).rejects.toThrow('died');
        await deleteJob(job(store));
        expect(await left(), `${when} write ${at}`).toEqual([...savepoint, deletedKey(jobUid)].sort());
      }
  });

  it('lets nobody publish who still thinks that it leads', async () => {
    const leader = coordinator();
    await leader.append(claimWish);
    const first = logOf([...wishes, [one, claimWish]]).standing.attempt;
    // Removed as far as its state: the log is the last to go.
    await expect(deleteJob(job(dying(5, 'after')))).rejects.toThrow('died');
    expect(await leader.append(publish(3, first))).toMatchObject({ outcome: 'deposed' });
  });

  it('refuses while somebody else writes to the log', async () => {
    const racing: ObjectStore = Object.assign(Object.create(store) as ObjectStore, {
      putIfAbsent: async (key: string, bytes: Uint8Array) => {
        const result = await store.putIfAbsent(key, bytes);
        await coordinator().append(claimWish);
        return result;
      },
    });
    await expect(deleteJob(job(racing))).rejects.toMatchObject({ code: 'conflict' });
    expect(await left()).toEqual(expect.arrayContaining(own.map((key) => root + key)));
  });

  it('removes what is left of a job whose log is damaged', async () => {
    await store.put(logKey(jobUid, 3), new Uint8Array(5));
    await deleteJob(job(store));
    expect(await left()).toEqual([...others, ...savepoint, deletedKey(jobUid)].sort());
  });
});
