import { beforeEach, describe, expect, it } from 'vitest';
import { encodeSavepoint } from '../../src/checkpoint/log-entry.ts';
import type { StateObjectRef } from '../../src/checkpoint/manifest.ts';
import { folderIn } from '../../src/checkpoint/savepoint-folder.ts';
import { disposeSavepoint } from '../../src/maintenance/dispose-savepoint.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';
import { checksum, jobUid, manifestOf } from '../checkpoint/entries.ts';
import { MemoryStore } from '../support/memory-store.ts';

const { system } = createTestSystem();
const object = 'state/1/1/0-0';
const reference: StateObjectRef = {
  key: object,
  checkpointId: 1,
  slot: 0,
  sizeBytes: 2,
  crc32: 0,
  indexOffset: 0,
  indexBytes: 1,
  keyGroups: '',
};
const bytes = encodeSavepoint(manifestOf(1, { kind: 'savepoint', objects: [reference] }), checksum);
const ofJob = `jobs/${jobUid}/savepoints/before`;
let store: MemoryStore;
const left = async (): Promise<readonly string[]> => (await store.list('')).map(({ key }) => key);

beforeEach(async () => {
  store = new MemoryStore(system.clock);
  for (const folder of [ofJob, `${ofJob}-two`, 'kept/by-hand']) {
    await store.put(`${folder}/${object}`, new Uint8Array(2));
    await store.put(`${folder}/manifest`, bytes);
  }
});

describe('disposing of a savepoint in its store', () => {
  it.each([
    ['s3://shop', 's3://shop/jobs/a/savepoints/b', 'jobs/a/savepoints/b/'],
    ['http://minio:9000/bucket/prefix/', 'http://minio:9000/bucket/prefix//jobs/a', 'jobs/a/'],
    ['/data/store', '/data/store/jobs/a/', 'jobs/a/'],
    ['/data/store', 'kept/by-hand', 'kept/by-hand/'],
    ['memory', 'memory-two/a', 'memory-two/a/'],
  ])('of the store %s is %s the folder %s', (place, path, folder) => {
    expect(folderIn(place, path)).toBe(folder);
  });

  it('removes its folder, and no other whose name begins like it', async () => {
    expect(await disposeSavepoint(system, store, `memory/${ofJob}/`)).toMatchObject({ objects: 2 });
    expect((await left()).filter((key) => key.startsWith(`${ofJob}/`))).toEqual([]);
    expect(await left()).toHaveLength(4);
  });

  it('removes what is left of one whose manifest has gone already', async () => {
    await store.remove([`${ofJob}/manifest`]);
    await disposeSavepoint(system, store, ofJob);
    expect((await left()).filter((key) => key.startsWith(`${ofJob}/`))).toEqual([]);
  });

  it('takes from a folder that it did not make only what the manifest names', async () => {
    await store.put('kept/by-hand/notes', new Uint8Array(1));
    await disposeSavepoint(system, store, 'kept/by-hand');
    expect((await left()).filter((key) => key.startsWith('kept/'))).toEqual(['kept/by-hand/notes']);
    expect(await disposeSavepoint(system, store, 'kept/by-hand')).toEqual({ objects: 0, bytes: 0 });
  });

  it('never leaves the store', async () => {
    await expect(disposeSavepoint(system, store, '../elsewhere')).rejects.toThrow('is no key');
  });
});
