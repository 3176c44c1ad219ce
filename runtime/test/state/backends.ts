import { DiskSpace } from '../../src/state/disk-space.ts';
import type { ScratchDatabase } from '../../src/sys/scratch.ts';

const order = (one: Uint8Array, other: Uint8Array): number => Buffer.compare(one, other);

/** A scratch database in memory, which a test can break. */
export class MemoryScratch implements ScratchDatabase {
  /** Thrown by the next writes. */
  writeError: Error | undefined;
  /** Thrown by the next reads. */
  readError: Error | undefined;
  isClosed = false;
  readonly entries: Map<string, Uint8Array> = new Map();

  get(key: Uint8Array): Uint8Array | undefined {
    if (this.readError !== undefined) throw this.readError;
    return this.entries.get(Buffer.from(key).toString('hex'))?.slice();
  }

  async write(entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]): Promise<void> {
    await Promise.resolve();
    if (this.writeError !== undefined) throw this.writeError;
    for (const { key, value } of entries) this.entries.set(Buffer.from(key).toString('hex'), value.slice());
  }

  async removeRange(from: Uint8Array, before: Uint8Array): Promise<void> {
    await Promise.resolve();
    for (const name of this.entries.keys()) {
      const key = Buffer.from(name, 'hex');
      if (order(key, from) >= 0 && order(key, before) < 0) this.entries.delete(name);
    }
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.isClosed = true;
  }
}

/** A space without memory: every value goes to disk as soon as another key is taken in hand. */
export const diskSpace = (
  database: ScratchDatabase = new MemoryScratch(),
  settings: Partial<ConstructorParameters<typeof DiskSpace>[0]> = {},
): DiskSpace => {
  const space = new DiskSpace({
    memoryBytes: 0,
    pause: 1,
    leastWriteBytes: 0,
    fail: (error) => {
      throw error;
    },
    ...settings,
  });
  space.use(database);
  return space;
};

/** Lets what was begun be written. */
export const written = async (): Promise<void> => {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
};

/** Where the values of a store go. */
export interface Backend {
  readonly name: string;
  readonly space: () => DiskSpace | undefined;
  /** Between two steps, so that what waits to be written does not wait for ever. */
  readonly between: () => Promise<void>;
}

export const memory: Backend = { name: 'memory', space: () => undefined, between: async () => {} };
export const onDisk: Backend = { name: 'disk', space: () => diskSpace(), between: written };
export const backends: readonly Backend[] = [memory, onDisk];
