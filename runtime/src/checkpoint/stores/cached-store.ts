import type { ObjectStatus, ObjectStore } from '../object-store.ts';

/**
 * A store that keeps in memory what this process has put last, as far as it fits: after a failure the processes that survive read their own
 * state without the store. Objects never change, so what is kept is right as long as it is there; what is replaced or removed through
 * this store is forgotten.
 */
export class CachedStore implements ObjectStore {
  private readonly store: ObjectStore;
  private readonly mostBytes: number;
  /** The oldest first. */
  private readonly kept = new Map<string, Uint8Array>();
  private keptBytes = 0;

  constructor(store: ObjectStore, mostBytes: number) {
    this.store = store;
    this.mostBytes = mostBytes;
  }

  get place(): string {
    return this.store.place;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.forget(key);
    // What is kept is no longer the caller's.
    const own = bytes.length <= this.mostBytes ? bytes.slice() : undefined;
    await this.store.put(key, bytes);
    if (own !== undefined) this.keep(key, own);
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    return await this.store.putIfAbsent(key, bytes);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.kept.get(key)?.slice() ?? (await this.store.get(key));
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const bytes = this.kept.get(key);
    // What is too short is the store's to tell of.
    if (bytes === undefined || offset + length > bytes.length)
      return await this.store.getRange(key, offset, length);
    return bytes.slice(offset, offset + length);
  }

  async list(prefix: string): Promise<readonly ObjectStatus[]> {
    return await this.store.list(prefix);
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.forget(key);
    await this.store.remove(keys);
  }

  async copy(from: string, to: string): Promise<void> {
    this.forget(to);
    await this.store.copy(from, to);
  }

  async close(): Promise<void> {
    this.kept.clear();
    this.keptBytes = 0;
    await this.store.close();
  }

  /** Only what the store has: an object that was not put is in no checkpoint. */
  private keep(key: string, bytes: Uint8Array): void {
    this.forget(key);
    this.kept.set(key, bytes);
    this.keptBytes += bytes.length;
    for (const oldest of this.kept.keys()) {
      if (this.keptBytes <= this.mostBytes) return;
      this.forget(oldest);
    }
  }

  private forget(key: string): void {
    this.keptBytes -= this.kept.get(key)?.length ?? 0;
    this.kept.delete(key);
  }
}
