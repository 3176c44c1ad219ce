import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { checkManifest } from '../../runtime/sim/checkers/manifests.ts';
import type { ObjectStore } from '../../runtime/src/checkpoint/object-store.ts';

const numberOf = (key: string): number => Number(/\/log\/(\d+)$/.exec(key)?.[1] ?? 0);

const isManifest = (bytes: Uint8Array): boolean =>
  new TextDecoder().decode(bytes.subarray(0, 1000)).includes('"kind":"manifest"');

/** The newest checkpoint of each job in a store, read again by code of the checkers: its entry and every object that it names. */
export const verifyCheckpoint = async (
  store: Pick<ObjectStore, 'list' | 'get'>,
): Promise<readonly Finding[]> => {
  const objects = new Map<string, Uint8Array>();
  for (const { key } of await store.list('jobs/')) {
    const bytes = await store.get(key);
    if (bytes !== undefined) objects.set(key, bytes);
  }
  const manifests = [...objects].filter(([key, bytes]) => numberOf(key) > 0 && isManifest(bytes));
  const newest = new Map<string, string>();
  for (const [key] of manifests.toSorted(([one], [other]) => numberOf(one) - numberOf(other))) {
    newest.set(key.slice(0, key.indexOf('/log/')), key);
  }
  const storage = { read: (key: string) => objects.get(key) };
  return [...newest.values()].flatMap((key) => checkManifest(storage, key));
};
