import { beforeEach, describe, expect, it } from 'vitest';
import {
  type ListState,
  listState,
  type MapState,
  mapState,
  type ValueState,
  valueState,
} from '../../src/api/state.ts';
import { hashNumber } from '../../src/batch/hash.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import type { DiskSpace } from '../../src/state/disk-space.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { diskSpace, MemoryScratch, written } from './backends.ts';

/** What one value of the test takes in memory, about. */
const valueBytes = 180;
const text = (key: number): string => `${key}`.padStart(100, '.');

let database: MemoryScratch;
let failures: MillraceError[];
let nowMs: number;

beforeEach(() => {
  database = new MemoryScratch();
  failures = [];
  nowMs = 0;
});

const space = (values: number, settings: Parameters<typeof diskSpace>[1] = {}): DiskSpace =>
  diskSpace(database, {
    memoryBytes: values * valueBytes,
    fail: (error) => void failures.push(error),
    ...settings,
  });

/** A store with a value that is an object a key. */
class Store {
  readonly store: KeyedStore;
  readonly value: ValueState<{ text: string }>;

  constructor(disk: DiskSpace) {
    this.store = new KeyedStore({ maxParallelism: 4, nowMs: () => nowMs, disk });
    this.value = this.store.register(valueState('value')) as typeof this.value;
  }

  take(key: number): void {
    this.store.setCurrentKey(key, hashNumber(key));
  }

  async write(from: number, to: number): Promise<void> {
    for (let key = from; key < to; key++) {
      this.take(key);
      this.value.update({ text: text(key) });
      if (key % 16 === 0) await written();
    }
    this.take(-1);
    await written();
  }

  read(key: number): unknown {
    this.take(key);
    return this.value.value()?.text;
  }
}

describe('state larger than memory', () => {
  it('keeps as much in memory as it may, and finds the rest on disk', async () => {
    const disk = space(100);
    const store = new Store(disk);
    await store.write(0, 1000);
    expect(disk.heldCount).toBeGreaterThan(50);
    expect(disk.heldBytes()).toBeLessThanOrEqual(100 * valueBytes);
    expect(database.entries.size).toBeGreaterThan(850);
    for (let key = 0; key < 1000; key++) expect(store.read(key)).toBe(text(key));
    expect(disk.reads).toBeGreaterThan(850);
    expect(disk.heldBytes()).toBeLessThanOrEqual(100 * valueBytes * 1.02);
  });

  it('sends nothing to disk while all fits', async () => {
    const disk = space(2000);
    await new Store(disk).write(0, 1000);
    expect([disk.writes, database.entries.size]).toEqual([0, 0]);
  });

  it('keeps what is used again and again', async () => {
    const disk = space(100);
    const store = new Store(disk);
    await store.write(0, 20);
    for (let key = 1000; key < 2000; key++) {
      await store.write(key, key + 1);
      store.read(key % 20);
    }
    const { reads } = disk;
    for (let key = 0; key < 20; key++) expect(store.read(key)).toBe(text(key));
    expect(disk.reads - reads).toBeLessThan(5);
  });

  it('takes values in the middle of their growth for what they are', async () => {
    const disk = space(100);
    const store = new KeyedStore({ maxParallelism: 4, nowMs: () => 0, disk });
    const list = store.register(listState('list')) as ListState<string>;
    for (let round = 0; round < 20; round++) {
      for (let key = 0; key < 50; key++) {
        store.setCurrentKey(key, hashNumber(key));
        list.add(text(round));
      }
      await written();
    }
    expect(disk.heldCount).toBeLessThan(20);
    store.setCurrentKey(7, hashNumber(7));
    expect(list.get()).toEqual(Array.from({ length: 20 }, (_, round) => text(round)));
  });

  it('leaves nothing on disk of a key group that is dropped', async () => {
    const store = new Store(space(10));
    await store.write(0, 200);
    expect(database.entries.size).toBeGreaterThan(150);
    for (let keyGroup = 0; keyGroup < 4; keyGroup++) store.store.dropKeyGroup(keyGroup);
    await written();
    await written();
    expect(database.entries.size).toBe(0);
    expect(store.read(5)).toBe(undefined);
  });

  it('does not write what is used again, or replaced, before its turn', async () => {
    const store = new Store(space(0));
    for (let round = 0; round < 3; round++) {
      for (let key = 0; key < 3; key++) {
        store.take(key);
        store.value.update({ text: text(round) });
      }
    }
    store.take(-1);
    await written();
    expect(database.entries.size).toBe(3);
    expect([0, 1, 2].map((key) => store.read(key))).toEqual([text(2), text(2), text(2)]);
  });

  it('counts what has expired on disk as gone, without reading it', async () => {
    const disk = space(0);
    const store = new KeyedStore({ maxParallelism: 4, nowMs: () => nowMs, disk });
    const ttl = { after: 1000 };
    const value = store.register(valueState<string>('brief', { ttl })) as ValueState<string>;
    const visits = store.register(mapState<string, number>('visits', { ttl })) as MapState<string, number>;
    for (let key = 0; key < 100; key++) {
      store.setCurrentKey(key, hashNumber(key));
      value.update(text(key));
      if (key < 10) visits.put('x', key);
    }
    await written();
    nowMs = 2000;
    const { reads } = disk;
    expect(store.removeExpired({ take: () => true })).toBe(true);
    expect(store.keyCount).toBe(0);
    expect(disk.reads - reads).toBeLessThanOrEqual(20);
  });

  it('tells who listens when there is room for more to be written', async () => {
    const disk = space(0, { leastWriteBytes: 1 });
    const store = new Store(disk);
    let told = 0;
    disk.onRoom(() => told++);
    const large = 'x'.repeat(2 ** 20);
    for (let key = 0; key < 10; key++) {
      store.take(key);
      store.value.update({ text: large });
    }
    store.take(-1);
    expect(disk.hasRoom()).toBe(false);
    for (let part = 0; part < 10; part++) await written();
    expect([disk.hasRoom(), told > 0]).toEqual([true, true]);
  });

  it('closes and removes what it has on disk', async () => {
    const disk = space(0);
    const store = new Store(disk);
    await store.write(0, 10);
    store.read(3);
    store.take(-1);
    await disk.close();
    expect(database.isClosed).toBe(true);
  });
});

describe('a disk that fails', () => {
  it('fails the job when a value is damaged, also where a function catches the error', async () => {
    const store = new Store(space(0));
    await store.write(0, 10);
    database.readError = new Error('the checksum of a value does not match');
    expect(() => store.read(3)).toThrow(/could not be read back .* the checksum of a value does not match/);
    expect(failures.map(({ code }) => code)).toEqual(['io']);
  });

  it('fails the job when a value is gone, or is none', async () => {
    const store = new Store(space(0));
    await store.write(0, 10);
    const [name] = database.entries.keys();
    for (const key of database.entries.keys()) database.entries.set(key, Uint8Array.of(0, 255, 255));
    database.entries.delete(name!);
    for (let key = 0; key < 10; key++) expect(() => store.read(key)).toThrow(MillraceError);
    expect(failures).toHaveLength(10);
  });

  it('fails the job when it is full, and sends nothing there any more', async () => {
    const disk = space(0);
    const store = new Store(disk);
    database.writeError = new Error('No space left on device');
    await store.write(0, 10);
    expect(failures).toHaveLength(1);
    expect(failures[0]!.message).toMatch(/could not be written to the local disk: No space left on device/);
    const { writes } = disk;
    await store.write(10, 20);
    expect(disk.writes).toBe(writes);
    for (let key = 0; key < 20; key++) expect(store.read(key)).toBe(text(key));
  });

  it('fails the job, and not the next record, when a function keeps what no state can hold', async () => {
    const store = new Store(space(0));
    store.take(1);
    store.value.update({ text: (() => 1) as unknown as string });
    expect(() => store.take(2)).not.toThrow();
    expect(failures.map(({ code }) => code)).toEqual(['value-unsupported']);
  });
});
