import type { ObjectStatus, ObjectStore } from './object-store.ts';

/** The part of a store below a prefix, as a store of its own: keys that are relative to a job or to a savepoint are keys of it. */
export const storeUnder = (store: ObjectStore, prefix: string): ObjectStore => ({
  place: `${store.place}/${prefix}`,
  put: (key: string, bytes: Uint8Array) => store.put(prefix + key, bytes),
  putIfAbsent: (key: string, bytes: Uint8Array) => store.putIfAbsent(prefix + key, bytes),
  get: (key: string) => store.get(prefix + key),
  getRange: (key: string, offset: number, length: number) => store.getRange(prefix + key, offset, length),
  list: async (more: string): Promise<readonly ObjectStatus[]> => {
    const found = await store.list(prefix + more);
    return found.map((status) => ({ ...status, key: status.key.slice(prefix.length) }));
  },
  remove: (keys: readonly string[]) => store.remove(keys.map((key) => prefix + key)),
  copy: (from: string, to: string) => store.copy(prefix + from, prefix + to),
  /** The whole store belongs to whoever opened it. */
  close: async () => undefined,
});
