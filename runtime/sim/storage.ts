import type { ObjectStatus } from '../src/checkpoint/object-store.ts';

interface Stored {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/** What was done to an object, for checkers. */
export interface StorageEvent {
  readonly kind: 'put' | 'remove';
  readonly key: string;
  readonly by: string;
  readonly atMs: number;
}

/**
 * The object storage of a world: what all processes share and what outlives them. Each change is whole or did not happen, and whoever
 * looks afterwards sees it.
 */
export class SimulatedStorage {
  readonly history: StorageEvent[] = [];
  private readonly objects = new Map<string, Stored>();
  private readonly listeners: ((key: string) => void)[] = [];

  /** Calls back after each write. */
  onWrite(listener: (key: string) => void): void {
    this.listeners.push(listener);
  }

  /** Sorted. */
  keys(): readonly string[] {
    return [...this.objects.keys()].sort();
  }

  read(key: string): Uint8Array | undefined {
    return this.objects.get(key)?.bytes;
  }

  write(key: string, bytes: Uint8Array, by: string, atMs: number): void {
    this.objects.set(key, { bytes, modifiedMs: atMs });
    this.history.push({ kind: 'put', key, by, atMs });
    for (const listener of this.listeners) listener(key);
  }

  writeIfAbsent(key: string, bytes: Uint8Array, by: string, atMs: number): 'written' | 'exists' {
    if (this.objects.has(key)) return 'exists';
    this.write(key, bytes, by, atMs);
    return 'written';
  }

  remove(key: string, by: string, atMs: number): void {
    if (this.objects.delete(key)) this.history.push({ kind: 'remove', key, by, atMs });
  }

  list(prefix: string): readonly ObjectStatus[] {
    return this.keys()
      .filter((key) => key.startsWith(prefix))
      .map((key) => {
        const { bytes, modifiedMs } = this.objects.get(key) as Stored;
        return { key, sizeBytes: bytes.length, modifiedMs };
      });
  }
}
