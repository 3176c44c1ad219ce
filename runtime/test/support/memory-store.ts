import type { ObjectStatus, ObjectStore } from '../../src/checkpoint/object-store.ts';
import { checkKey, checkPrefix } from '../../src/checkpoint/stores/keys.ts';
import { nothingToCopy, tooShort } from '../../src/checkpoint/stores/store-errors.ts';
import type { Clock } from '../../src/sys/system.ts';

interface Kept {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/** A store that lives as long as the process. */
export class MemoryStore implements ObjectStore {
  readonly place = 'memory';
  private readonly clock: Clock;
  private readonly objects = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(this.place, key);
    this.objects.set(key, { bytes: bytes.slice(), modifiedMs: this.clock.nowMs() });
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    checkKey(this.place, key);
    if (this.objects.has(key)) return 'exists';
    await this.put(key, bytes);
    return 'written';
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(this.place, key);
    return this.objects.get(key)?.bytes.slice();
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    checkKey(this.place, key);
    const bytes = this.objects.get(key)?.bytes;
    if (bytes === undefined) return undefined;
    if (offset + length > bytes.length) {
      throw tooShort(this.place, key, offset + length);
    }
    return bytes.slice(offset, offset + length);
  }

  async list(prefix: string): Promise<readonly ObjectStatus[]> {
    checkPrefix(this.place, prefix);
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { bytes, modifiedMs }]) => ({ key, sizeBytes: bytes.length, modifiedMs }))
      .sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      checkKey(this.place, key);
      this.objects.delete(key);
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const bytes = await this.get(from);
    if (bytes === undefined) throw nothingToCopy(this.place, from);
    await this.put(to, bytes);
  }

  async close(): Promise<void> {
    // Nothing to give back.
  }
}
