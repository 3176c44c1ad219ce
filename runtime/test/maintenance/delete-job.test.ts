import { beforeEach, describe, expect, it } from 'vitest';
import type { Wish } from '../../src/checkpoint/decide.ts';
import { encodeLogEntry } from '../../src/checkpoint/log-entry.ts';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { markOwnerBegun, putOwner, readOwners } from '../../src/checkpoint/owners.ts';
import { deletedKey, jobRoot, logKey, ownerBegunKey, ownerKey } from '../../src/checkpoint/paths.ts';
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
    put: (key: string, bytes: Uint8Array) => count(() => store.put(key, bytes)),
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

describe('deleting a job that has a name in a cluster', () => {
  const name = { namespace: 'shops', name: 'counts' };
  const ownerOf = (uid: string) => ({ clusterId: 'east', jobUid: uid, begins: 'resume' }) as const;
  const earlier = 'first';
  const superseded = [claimWish, { kind: 'stopped', how: 'superseded' }] as const;

  /** Writes a log of wishes for another job, in the present store. */
  const writeLog = async (uid: string, all: readonly Wish[]): Promise<void> => {
    const writer = new LogWriter({
      store,
      jobUid: uid,
      checksum,
      clock: system.clock,
      me: one,
      retained: () => 3,
    });
    for (const wish of all) expect(await writer.append(wish)).toMatchObject({ outcome: 'done' });
  };

  /** Jobs that have had the name one after the other. */
  const takeNames = async (...uids: readonly string[]): Promise<void> => {
    for (const [at, uid] of uids.entries()) {
      await putOwner(store, name, at + 1, ownerOf(uid), checksum);
      await markOwnerBegun(store, name, at + 1);
    }
  };

  const fill = async (): Promise<void> => {
    store = new MemoryStore(system.clock);
    for (const key of own) await store.put(root + key, new Uint8Array(2));
    for (const entry of entries)
      await store.put(logKey(jobUid, entry.number), encodeLogEntry(entry, checksum));
    await writeLog(earlier, superseded);
    await store.put(`${jobRoot(earlier)}state/1/1/0-0`, new Uint8Array(1));
    await takeNames(earlier, jobUid);
  };
  beforeEach(fill);

  it('gives the name free, and takes along what was taken over from those before', async () => {
    await deleteJob(job(store), name);
    expect(await left()).toEqual([]);
  });

  it('comes to the same end wherever it was broken off', async () => {
    for (const when of ['before', 'after'] as const)
      for (let at = 1; ; at++) {
        await fill();
        const died = await deleteJob(job(dying(at, when)), name).then(
          () => false,
          () => true,
        );
        await deleteJob(job(store), name);
        expect(await left(), `${when} write ${at}`).toEqual([]);
        if (!died) break;
      }
  });

  it('leaves those before alone whose state nobody has taken over', async () => {
    const suspended = 'suspended';
    await writeLog(suspended, [claimWish, { kind: 'stopped', how: 'suspended' }]);
    await store.remove(
      [1, 2].flatMap((at) => [ownerKey('shops', 'counts', at), ownerBegunKey('shops', 'counts', at)]),
    );
    await takeNames(suspended, jobUid);
    await deleteJob(job(store), name);
    const [present, ...others] = await readOwners(store, name, checksum);
    expect([present?.jobUid, others]).toEqual([suspended, []]);
    expect((await left()).filter((key) => key.startsWith(`jobs/${suspended}/`))).toHaveLength(2);
  });

  describe('which another one has taken', () => {
    beforeEach(() => takeNames(earlier, jobUid, 'next'));

    it('waits until that one has a checkpoint of its own', async () => {
      await expect(deleteJob(job(store), name)).rejects.toMatchObject({ code: 'conflict' });
      expect(await left()).toContain(`${root}state/1/2/0-0`);
    });

    it('takes nothing away but its own', async () => {
      const { manifest } = publish(1) as Extract<Wish, { kind: 'manifest' }>;
      await writeLog('next', [claimWish, { kind: 'manifest', manifest: { ...manifest, jobUid: 'next' } }]);
      await deleteJob(job(store), name);
      expect((await readOwners(store, name, checksum)).map((owner) => owner.jobUid)).toEqual([
        'next',
        jobUid,
        earlier,
      ]);
      expect((await left()).filter((key) => key.startsWith(root))).toEqual([deletedKey(jobUid)]);
    });
  });
});
