import { beforeEach, describe, expect, it } from 'vitest';
import { classifyObjects, collectGarbage, findGarbage } from '../../src/checkpoint/gc.ts';
import { encodeLogEntry } from '../../src/checkpoint/log-entry.ts';
import type { StateObjectRef } from '../../src/checkpoint/manifest.ts';
import { jobRoot, logKey } from '../../src/checkpoint/paths.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { checksum, claimWish, jobUid, logOf, one, publish, two } from './entries.ts';

const refs = (...keys: readonly string[]): readonly StateObjectRef[] =>
  keys.map((key) => ({
    key: `state/${key}`,
    checkpointId: Number(key.split('/')[1]),
    slot: 0,
    sizeBytes: 1,
    crc32: 0,
    indexOffset: 0,
    indexBytes: 1,
    keyGroups: '',
  }));

/** Two are kept: checkpoint 2 (of attempt 1) and 4 (of attempt 2), entries 3 to 5. */
const { entries, standing } = logOf(
  [
    [one, claimWish],
    [one, publish(1, 1, { objects: refs('1/1/0-0') })],
    [one, publish(2, 1, { objects: refs('1/1/0-0', '1/2/0-0') })],
    [two, claimWish],
    [two, publish(4, 2, { objects: refs('1/2/0-0', '2/4/0-0') })],
  ],
  2,
);

const uses: readonly (readonly [string, string])[] = [
  ['log/1', 'garbage'],
  ['log/2', 'garbage'],
  ['log/3', 'log'],
  ['log/4', 'log'],
  ['log/5', 'log'],
  ['log/6', 'log'],
  ['log/notes.txt', 'unknown'],
  ['state/1/1/0-0', 'state'],
  ['state/1/1/1-0', 'garbage'],
  ['state/1/9/0-0', 'garbage'],
  ['state/2/3/0-0', 'garbage'],
  ['state/2/4/0-0', 'state'],
  ['state/2/4/0-1', 'garbage'],
  ['state/2/5/0-0', 'in flight'],
  ['state/3/1/0-0', 'in flight'],
  ['state/2/4/part', 'unknown'],
  ['savepoints/before-sale/manifest', 'savepoint'],
  ['standby/2/4/blue', 'garbage'],
  ['standby/3/4/blue', 'in flight'],
  ['standby/3/4/blue/more', 'unknown'],
  ['other', 'unknown'],
];

let store: MemoryStore;
let nowMs = 0;
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const keysOf = async (): Promise<readonly string[]> =>
  (await store.list('')).map(({ key }) => key.slice(jobRoot(jobUid).length));
const settings = { clock, minimumAgeMs: 100, jobUid, checksum };

beforeEach(async () => {
  nowMs = 0;
  store = new MemoryStore(clock);
  for (const [key] of uses) await store.put(`${jobRoot(jobUid)}${key}`, new Uint8Array(1));
  await store.remove([logKey(jobUid, 6)]);
  for (const entry of entries) await store.put(logKey(jobUid, entry.number), encodeLogEntry(entry, checksum));
});

describe('garbage', () => {
  it.each(uses)('%s is %s', (key, use) => {
    const listed = [{ key: `${jobRoot(jobUid)}${key}`, sizeBytes: 1, modifiedMs: 0 }];
    const classified = classifyObjects(standing, entries, listed, { nowMs: 1000, minimumAgeMs: 0 });
    expect(classified.map((object) => object.use)).toEqual([use]);
  });

  it('is nothing without a log', () => {
    const listed = [{ key: `${jobRoot(jobUid)}state/1/1/0-0`, sizeBytes: 1, modifiedMs: 0 }];
    expect(classifyObjects(logOf([]).standing, [], listed, { nowMs: 1000, minimumAgeMs: 0 })).toMatchObject([
      { use: 'unknown' },
    ]);
  });

  it('is removed, oldest first, and nothing else is', async () => {
    nowMs = 100;
    const before = await keysOf();
    const removed = (await collectGarbage({ store, ...settings })).map(({ key }) =>
      key.slice(jobRoot(jobUid).length),
    );
    expect(removed).toEqual([
      'log/1',
      'log/2',
      'state/1/1/1-0',
      'state/1/9/0-0',
      'state/2/3/0-0',
      'state/2/4/0-1',
      'standby/2/4/blue',
    ]);
    expect(await keysOf()).toEqual(before.filter((key) => !removed.includes(key)));
    expect(await collectGarbage({ store, ...settings })).toEqual([]);
  });

  it('is left while it is young, and only found when that is all that was asked', async () => {
    nowMs = 99;
    const found = await findGarbage({ store, ...settings });
    expect(found.filter(({ use }) => use === 'young')).toHaveLength(7);
    expect(await collectGarbage({ store, ...settings })).toEqual([]);
  });

  it('is not looked for in a log that is damaged', async () => {
    nowMs = 1000;
    await store.remove([logKey(jobUid, 4)]);
    await expect(collectGarbage({ store, ...settings })).rejects.toThrow('log/4 is missing');
  });
});
