import type { Cache, Kept } from './cache.ts';
import type { KubeObject } from './objects.ts';
import { compareVersions } from './versions.ts';

/**
 * Sets a cache right by a list of the server, without going back behind what was told since, and says how many objects were wrong.
 * `deleted` are those that were told to be gone since the list was begun.
 */
export const auditCache = <O extends KubeObject>(
  cache: Cache<O>,
  namespace: string | undefined,
  items: readonly Kept<O>[],
  version: string,
  deleted: ReadonlyMap<string, string>,
): number => {
  let wrong = 0;
  for (const item of items) {
    const known = cache.find(item);
    const isBehind = known === undefined || compareVersions(known.resourceVersion, item.resourceVersion) < 0;
    if (!isBehind || deleted.has(item.uid)) continue;
    wrong++;
    cache.keep(item);
  }
  const listed = new Set(items.map(({ uid }) => uid));
  for (const kept of cache.allKept(namespace)) {
    // What is newer than the list was made since.
    if (listed.has(kept.uid) || compareVersions(kept.resourceVersion, version) > 0) continue;
    wrong++;
    cache.remove(kept);
  }
  return wrong;
};
