import type { Cache } from './cache.ts';
import type { KubeObject, Stored } from './objects.ts';
import { compareVersions } from './versions.ts';

/**
 * Sets a cache right by a list of the server, without going back behind what was told since, and says how many objects were wrong.
 * `deleted` are those that were told to be gone since the list was begun.
 */
export const auditCache = <O extends KubeObject>(
  cache: Cache<O>,
  namespace: string | undefined,
  items: readonly Stored<O>[],
  version: string,
  deleted: ReadonlyMap<string, string>,
): number => {
  let wrong = 0;
  for (const item of items) {
    const { uid, name, namespace: place = '', resourceVersion } = item.metadata;
    const known = cache.get({ namespace: place, name })?.metadata;
    const isBehind = known === undefined || compareVersions(known.resourceVersion, resourceVersion) < 0;
    if (!isBehind || deleted.has(uid)) continue;
    wrong++;
    cache.put(item);
  }
  const listed = new Set(items.map(({ metadata }) => metadata.uid));
  for (const { metadata } of cache.all(namespace)) {
    // What is newer than the list was made since.
    if (listed.has(metadata.uid) || compareVersions(metadata.resourceVersion, version) > 0) continue;
    wrong++;
    cache.remove({ namespace: metadata.namespace ?? '', name: metadata.name });
  }
  return wrong;
};
