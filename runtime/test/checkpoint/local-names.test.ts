import { beforeEach, expect, it } from 'vitest';
import { findLocalJob, findLocalName, localJob, markBegun } from '../../src/checkpoint/local-names.ts';
import { sealText } from '../../src/checkpoint/sealed-text.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { checksum } from './entries.ts';

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore({ nowMs: () => 0, monotonicMs: () => 0 });
});
const uid = async (name: string, newId: string): Promise<string> =>
  (await localJob(store, name, newId, checksum)).jobUid;

it('gives a job a uid at its first start, and the same ever after', async () => {
  expect(await findLocalJob(store, 'count', checksum)).toBeUndefined();
  expect(await uid('count', 'a1')).toBe('a1');
  expect(await uid('count', 'b2')).toBe('a1');
  expect(await uid('sum', 'c3')).toBe('c3');
  expect(await findLocalJob(store, 'count', checksum)).toBe('a1');
});

it('gives all that start at the same time the uid of one', async () => {
  const uids = await Promise.all(['a', 'b', 'c', 'd'].map((id) => uid('count', id)));
  expect(new Set(uids).size).toBe(1);
});

it('gives a job another uid once it is over, and all that start it then the same', async () => {
  await uid('count', 'a1');
  const jobs = await Promise.all(
    ['b', 'c'].map((id) =>
      localJob(store, 'count', id, checksum, ({ jobUid }) => Promise.resolve(jobUid === 'a1')),
    ),
  );
  expect(jobs.map(({ jobUid, run }) => `${jobUid} ${run}`)).toEqual(['b 2', 'b 2']);
  expect(await findLocalJob(store, 'count', checksum)).toBe('b');
});

it('knows of each job of a name whether it has had a log', async () => {
  const first = await localJob(store, 'count', 'a1', checksum);
  expect(first.hasBegun).toBe(false);
  for (const _ of [1, 2]) await markBegun(store, 'count', first, checksum);
  expect(await findLocalName(store, 'count', checksum)).toEqual({ jobUid: 'a1', run: 1, hasBegun: true });
  const next = await localJob(store, 'count', 'b', checksum, () => Promise.resolve(true));
  expect(next).toEqual({ jobUid: 'b', run: 2, hasBegun: false });
});

it('never takes another uid where the name is damaged or of another job', async () => {
  const key = 'names/local/count/1';
  await uid('count', 'a1');
  await store.put(key, ((await store.get(key)) as Uint8Array).subarray(0, 40));
  await expect(uid('count', 'b2')).rejects.toThrow(
    'The name of a job names/local/count/1 is damaged or cut off',
  );
  const seal = { name: 'millrace-name', format: 1, what: '' };
  for (const json of ['{', '{"name":"sum","jobUid":"a"}', '{"name":"count","jobUid":"a/../b"}']) {
    await store.put(key, sealText(seal, json, checksum));
    await expect(uid('count', 'b2'), json).rejects.toThrow('is not that of this job');
  }
});
