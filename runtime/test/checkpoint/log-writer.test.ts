import { beforeEach, describe, expect, it } from 'vitest';
import { deposedError, type Me } from '../../src/checkpoint/decide.ts';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { logKey } from '../../src/checkpoint/paths.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { adoptWish, checksum, claimWish, commit, jobUid, one, publish, sinkOf, two } from './entries.ts';

const clock = { nowMs: () => 0, monotonicMs: () => 0 };
let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore(clock);
});
const writer = (me: Me, of: ObjectStore = store, retained = 3): LogWriter =>
  new LogWriter({ store: of, jobUid, checksum, me, clock, retained: () => retained });
const changed = (calls: Partial<ObjectStore>): ObjectStore =>
  Object.assign(Object.create(store) as ObjectStore, calls);

describe('a writer of the log', () => {
  it('claims an empty log, publishes, and may commit what it published', async () => {
    const log = writer(one);
    expect((await log.append(claimWish)).outcome).toBe('done');
    const published = await log.append(publish(1, 1, { sinks: [sinkOf('out', 'a1')] }));
    if (published.outcome !== 'done') throw new Error('deposed');
    expect(published.permit.allows('out', 'a1')).toBe(true);
    expect((await log.append(commit('out', 'a1'))).outcome).toBe('done');
    expect((await log.permit())?.allows('out', 'a1')).toBe(false);
    expect((await writer(two).refresh()).line).toHaveLength(1);
  });

  it('is deposed by the claim of another, knows who it was, and gets no permit', async () => {
    const old = writer(one);
    await old.append(claimWish);
    await writer(two).append(adoptWish);
    expect(await old.permit()).toBeUndefined();
    const lost = await old.append(publish(1));
    expect(deposedError(lost.standing).message).toBe(
      'Another coordinator leads the job a1b2: two of green, in term 2.',
    );
    expect(lost).toMatchObject({
      outcome: 'deposed',
      standing: { writer: 'two', term: 2, attempt: 1, line: [] },
    });
  });

  it('does not act on its own entry when another claimed behind it', async () => {
    let isArmed = false;
    const overtaken = changed({
      putIfAbsent: async (key, bytes) => {
        const result = await store.putIfAbsent(key, bytes);
        if (isArmed) await writer(two).append(adoptWish);
        return result;
      },
    });
    const old = writer(one, overtaken);
    await old.append(claimWish);
    isArmed = true;
    expect((await old.append(publish(1))).outcome).toBe('deposed');
    expect(old.standing).toMatchObject({ writer: 'two', line: [{ number: 2 }] });
  });

  it('does not act on a number that gc has freed', async () => {
    const old = writer(one);
    await old.append(claimWish);
    const next = writer(two, store, 1);
    await next.append(claimWish);
    for (const id of [1, 2, 3]) await next.append(publish(id, 2));
    await store.remove([1, 2, 3, 4].map((number) => logKey(jobUid, number)));
    expect(await old.append(publish(1))).toMatchObject({
      outcome: 'deposed',
      standing: { writer: 'two', number: 5 },
    });
    expect(await store.get(logKey(jobUid, 2))).toBeDefined();
    expect((await writer(one).refresh()).line.map(({ manifest }) => manifest.checkpointId)).toEqual([3]);
  });

  it('claims behind what the old leader still put, but gives in to another claim', async () => {
    const old = writer(one);
    await old.append(claimWish);
    const actingFirst = (act: () => Promise<unknown>): ObjectStore => {
      let isFirst = true;
      return changed({
        putIfAbsent: async (key, bytes) => {
          if (isFirst) await act();
          isFirst = false;
          return store.putIfAbsent(key, bytes);
        },
      });
    };
    const late = writer(
      two,
      actingFirst(() => old.append(publish(1))),
    );
    expect(await late.append(adoptWish)).toMatchObject({
      outcome: 'done',
      standing: { number: 3, writer: 'two' },
    });
    const third = writer(
      { ...one, writer: 'six' },
      actingFirst(() => late.append(claimWish)),
    );
    expect(await third.append(adoptWish)).toMatchObject({
      outcome: 'deposed',
      standing: { number: 4, writer: 'two' },
    });
  });

  it('finds out whether an entry was written whose answer was lost, and does not write it twice', async () => {
    let failsAfter = false;
    let failsBefore = false;
    const failing = changed({
      putIfAbsent: async (key, bytes) => {
        if (failsBefore) throw new Error('no answer');
        const result = await store.putIfAbsent(key, bytes);
        if (failsAfter) throw new Error('no answer');
        return result;
      },
    });
    const log = writer(one, failing);
    await log.append(claimWish);
    failsAfter = true;
    await expect(log.append(publish(1))).rejects.toThrow('no answer');
    failsAfter = false;
    expect(await log.append(publish(1))).toMatchObject({ outcome: 'done', standing: { number: 2 } });
    failsBefore = true;
    await expect(log.append(publish(2))).rejects.toThrow('no answer');
    failsBefore = false;
    expect(await log.append(publish(3))).toMatchObject({ outcome: 'done', standing: { number: 3 } });
  });

  it('keeps what a manifest had pending whose answer was lost', async () => {
    let isLost = false;
    const failing = changed({
      putIfAbsent: async (key, bytes) => {
        const result = await store.putIfAbsent(key, bytes);
        if (isLost) throw new Error('no answer');
        return result;
      },
    });
    const log = writer(one, failing);
    await log.append(claimWish);
    isLost = true;
    await expect(log.append(publish(1, 1, { sinks: [sinkOf('out', 'a1')] }))).rejects.toThrow('no answer');
    isLost = false;
    const next = await log.append(publish(2, 1, { sinks: [sinkOf('out', 'a2')] }));
    expect(next).toMatchObject({ outcome: 'done' });
    expect(next.standing.pending[0]?.committables.map(({ id }) => id)).toEqual(['a1', 'a2']);
  });

  it('never starts empty when the log is gone and the state is not', async () => {
    await store.put('jobs/a1b2/state/1/1/0-0', new Uint8Array(1));
    await expect(writer(one).append(claimWish)).rejects.toThrow(
      'The job a1b2 has state, jobs/a1b2/state/1/1/0-0 for one, and no log',
    );
  });

  it('says what cannot be, without writing it', async () => {
    const log = writer(one);
    await log.append(claimWish);
    await expect(log.append(publish(1, 2))).rejects.toThrow('it is of attempt 2, and 1 runs');
    expect(await store.list('jobs/a1b2/log/')).toHaveLength(1);
  });

  it('does one thing after the other', async () => {
    const log = writer(one);
    const all = await Promise.all([claimWish, publish(1), publish(2)].map((wish) => log.append(wish)));
    expect(all.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
    expect(log.standing.line.map(({ number }) => number)).toEqual([2, 3]);
  });
});
