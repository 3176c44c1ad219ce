import { beforeEach, describe, expect, it } from 'vitest';
import { highestNumber, readLog } from '../../src/checkpoint/log.ts';
import { encodeLogEntry, type LogEntry } from '../../src/checkpoint/log-entry.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { logKey } from '../../src/checkpoint/paths.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { checksum, claimWish, jobUid, logOf, one, publish } from './entries.ts';

const { entries } = logOf([
  [one, claimWish],
  [one, publish(1)],
  [one, publish(2)],
  [one, claimWish],
  [one, publish(3, 2)],
]);
let store: MemoryStore;
const key = (number: number): string => logKey(jobUid, number);
const write = (entry: LogEntry, changes: Partial<LogEntry> = {}): Promise<void> => {
  const written = { ...entry, ...changes } as LogEntry;
  return store.put(key(written.number), encodeLogEntry(written, checksum));
};
const changed = (calls: Partial<ObjectStore>): ObjectStore =>
  Object.assign(Object.create(store) as ObjectStore, calls);
const read = (from: ObjectStore = store): Promise<readonly LogEntry[]> =>
  readLog({ store: from, jobUid, checksum });
const numbers = (found: readonly LogEntry[]): readonly number[] => found.map(({ number }) => number);

beforeEach(async () => {
  store = new MemoryStore({ nowMs: () => 0, monotonicMs: () => 0 });
  for (const entry of entries) await write(entry);
});

describe('a log', () => {
  it('is read from the number that its highest entry needs', async () => {
    expect(await read()).toEqual(entries);
    await write(entries.at(-1) as LogEntry, { since: 3 });
    expect(numbers(await read())).toEqual([3, 4, 5]);
    expect(await highestNumber({ store, jobUid, checksum })).toBe(5);
  });

  it('is empty when nothing was ever written', async () => {
    expect(await readLog({ store, jobUid: 'other', checksum })).toEqual([]);
    expect(await highestNumber({ store, jobUid: 'other', checksum })).toBe(0);
  });

  it('with more than ten entries goes by numbers, not by texts', async () => {
    const steps = Array.from({ length: 40 }, (_, at) => [one, publish(at + 1)] as const);
    const long = logOf([[one, claimWish], ...steps], 100).entries;
    for (const entry of long) await write(entry);
    expect(await read()).toEqual(long);
  });

  it('is read past what gc has left and what was put into a freed number', async () => {
    await write(entries.at(-1) as LogEntry, { since: 4 });
    await store.remove([key(3)]);
    await store.put(key(2), new TextEncoder().encode('anything'));
    expect(numbers(await read())).toEqual([4, 5]);
  });

  it('says which entry is missing', async () => {
    await store.remove([key(3)]);
    await expect(read()).rejects.toThrow('The log entry jobs/a1b2/log/3 is missing, and entry 5 needs it');
  });

  it('says which entry is damaged', async () => {
    await store.put(key(3), ((await store.get(key(3))) as Uint8Array).subarray(0, 90));
    await expect(read()).rejects.toThrow('The log entry jobs/a1b2/log/3 is damaged or cut off');
  });

  it('leaves alone what is no entry', async () => {
    await store.put('jobs/a1b2/log/notes.txt', new Uint8Array(1));
    expect(await read()).toEqual(entries);
  });

  it('is looked at again when gc takes an entry while it is read', async () => {
    const newest = entries.at(-1) as LogEntry;
    let isMoved = false;
    const moving = changed({
      get: async (wanted: string): Promise<Uint8Array | undefined> => {
        if (wanted === key(3) && !isMoved) {
          isMoved = true;
          await write(newest, { number: 6, since: 5 });
          await store.remove([2, 3, 4].map(key));
        }
        return store.get(wanted);
      },
    });
    expect(numbers(await read(moving))).toEqual([5, 6]);
  });

  it('does not read again what is known', async () => {
    const asked: string[] = [];
    const counting = changed({
      get: (wanted: string): Promise<Uint8Array | undefined> => {
        asked.push(wanted);
        return store.get(wanted);
      },
    });
    await readLog({ store: counting, jobUid, checksum }, entries.slice(0, 3));
    expect(asked).toEqual([key(5)]);
  });
});
