import { beforeAll, describe, expect, it } from 'vitest';
import { verifyCheckpoint } from '../../../e2e/checkers/checkpoints.ts';
import { countClicks, createStoredJob, newStore, stateIn } from '../coordinator/stored-job.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import { Outlet } from '../support/outlet.ts';

/** The objects that a job has left. */
const objects = new Map<string, Uint8Array>();

const storeOf = (changed: ReadonlyMap<string, Uint8Array | undefined>) => {
  const all = [...new Map([...objects, ...changed])].filter(([, bytes]) => bytes !== undefined);
  return {
    list: async () => all.map(([key, bytes]) => ({ key, sizeBytes: bytes!.length, modifiedMs: 0 })),
    get: async (key: string) => all.find(([name]) => name === key)?.[1],
  };
};

const whatsAfter = async (key: string, change: (bytes: Uint8Array) => Uint8Array | undefined) =>
  (await verifyCheckpoint(storeOf(new Map([[key, change(objects.get(key)!)]])))).map(({ what }) => what);

const lastOf = (keys: readonly string[]): string =>
  keys.toSorted((one, other) => Number(/\d+$/.exec(one)) - Number(/\d+$/.exec(other))).at(-1)!;

describe('the checker of checkpoints', () => {
  let manifest: string;
  let object: string;

  beforeAll(async () => {
    const store: MemoryStore = newStore();
    const job = createStoredJob(countClicks(new Outlet()), stateIn(store, 'checked', 1));
    job.start();
    await job.ended;
    for (const { key } of await store.list('jobs/')) objects.set(key, (await store.get(key))!);
    const text = (key: string): string => new TextDecoder().decode(objects.get(key));
    manifest = lastOf(
      [...objects.keys()].filter((key) => key.includes('/log/') && text(key).includes('"kind":"manifest"')),
    );
    object = [...objects.keys()].find(
      (key) => key.includes('/state/') && text(manifest).includes(key.slice(key.indexOf('state/'))),
    )!;
  });

  it('finds nothing wrong with what a job has left', async () => {
    expect(object).toMatch(/state/);
    expect(await verifyCheckpoint(storeOf(new Map()))).toEqual([]);
  });

  it('sees an object that is gone', async () => {
    expect((await whatsAfter(object, () => undefined))[0]).toMatch(/is not there/);
  });

  it('sees an object that was cut off', async () => {
    expect((await whatsAfter(object, (bytes) => bytes.slice(0, -1)))[0]).toMatch(/bytes, not/);
  });

  it('sees one bit that is another', async () => {
    const flip = (bytes: Uint8Array): Uint8Array =>
      bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1);
    expect((await whatsAfter(object, flip))[0]).toMatch(/another checksum/);
    expect((await whatsAfter(manifest, flip))[0]).toMatch(/damaged/);
  });
});
