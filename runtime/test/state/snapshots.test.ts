import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListState, listState, type ValueState, valueState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import type { KeyedSnapshot, KeyGroupPiece } from '../../src/state/keyed-snapshot.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { MemoryAccount } from '../../src/state/memory-account.ts';
import { memory, onDisk } from './backends.ts';
import { groups, maxParallelism, Rig, step } from './snapshot-rig.ts';

describe.each([
  [memory, memory],
  [onDisk, memory],
  [memory, onDisk],
  [onDisk, onDisk],
] as const)('a snapshot of state in $name, restored into $name', (own, restoredIn) => {
  it('holds what the barrier found, whatever happens while it is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const rig = new Rig(own, restoredIn);
        for (const one of steps) {
          rig.run(one);
          await own.between();
        }
        rig.finish();
        rig.run({ kind: 'barrier', whole: false });
        rig.finish();
      }),
      { numRuns: 300 },
    );
  });
});

/** A store of many keys, with a number and a list each. */
class Large {
  readonly store: KeyedStore;
  readonly number: ValueState<number>;
  readonly list: ListState<number>;

  constructor(account = new MemoryAccount()) {
    this.store = new KeyedStore({ maxParallelism, nowMs: () => 0, account });
    this.number = this.store.register(valueState('number', { type: 'number' })) as ValueState<number>;
    this.list = this.store.register(listState('list')) as ListState<number>;
  }

  take(key: number): void {
    this.store.setCurrentKey(key, hashValue(key));
  }

  snapshot(checkpointId: number, since?: number): KeyedSnapshot {
    return this.store.snapshotKeyGroups({ checkpointId, keyGroups: groups, since: () => since });
  }
}

const piecesOf = (snapshot: KeyedSnapshot): KeyGroupPiece[] => {
  const pieces: KeyGroupPiece[] = [];
  for (let piece = snapshot.next(); piece !== undefined; piece = snapshot.next()) pieces.push(piece);
  return pieces;
};

const restoreOf = (pieces: readonly KeyGroupPiece[]): Large => {
  const restored = new Large();
  for (const { keyGroup, mode, bytes } of pieces) {
    if (bytes.length === 0) continue;
    if (mode === 'whole') restored.store.importKeyGroup(keyGroup, bytes);
    else restored.store.applyChanges(keyGroup, bytes);
  }
  return restored;
};

const keyCount = 100_000;

const filled = (account?: MemoryAccount): Large => {
  const large = new Large(account);
  for (let key = 0; key < keyCount; key++) {
    large.take(key);
    large.number.update(key);
    if (key % 4 === 0) large.list.update([key]);
    if (key % 8 === 0) large.store.eventTimers.register(key);
  }
  return large;
};

describe('a snapshot of many keys', () => {
  it('comes in pieces of a few hundred KiB, of which one a key group is whole, and survives every key going', () => {
    const large = filled();
    const snapshot = large.snapshot(1);
    const pieces = [snapshot.next()!, snapshot.next()!];
    while (large.store.eventTimers.pollDue(Infinity));
    for (let key = 0; key < keyCount; key++) {
      large.take(key);
      large.number.clear();
      large.list.clear();
    }
    expect(large.store.keyCount).toBe(0);
    large.take(-1);
    large.number.update(-1);
    pieces.push(...piecesOf(snapshot));
    expect(Math.max(...pieces.map(({ bytes }) => bytes.length))).toBeLessThan(512 * 1024);
    expect(pieces.length).toBeGreaterThan(8);
    expect(pieces.filter(({ mode }) => mode === 'whole').map(({ keyGroup }) => keyGroup)).toEqual(groups);
    const restored = restoreOf(pieces);
    expect(restored.store.keyCount).toBe(keyCount);
    expect(restored.store.eventTimers.size).toBe(keyCount / 8);
    for (let key = 0; key < keyCount; key += 77) {
      restored.take(key);
      expect(restored.number.value()).toBe(key);
      expect(restored.list.get()).toEqual(key % 4 === 0 ? [key] : []);
    }
  });

  it('since another holds the keys written after it, a hundredth of them in a hundredth of the bytes', () => {
    const large = filled();
    const whole = piecesOf(large.snapshot(1));
    large.store.checkpointEnded(1, true);
    for (let key = 0; key < keyCount; key += 100) {
      large.take(key);
      large.number.update(-key);
    }
    large.take(7);
    large.number.clear();
    const changes = piecesOf(large.snapshot(2, 1));
    const bytes = (pieces: readonly KeyGroupPiece[]): number =>
      pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
    expect(bytes(changes)).toBeLessThan(bytes(whole) / 40);
    const restored = restoreOf([...whole, ...changes]);
    expect(restored.store.keyCount).toBe(keyCount - 1);
    restored.take(300);
    expect(restored.number.value()).toBe(-300);
  });

  it('says nothing of key groups without changes, and of empty ones once', () => {
    const large = new Large();
    const nothing = groups.map((keyGroup) => ({ keyGroup, mode: 'whole', bytes: new Uint8Array(0) }));
    expect(piecesOf(large.snapshot(1))).toEqual(nothing);
    large.store.checkpointEnded(1, true);
    expect(piecesOf(large.snapshot(2, 1))).toEqual([]);
    large.take(5);
    large.number.update(5);
    const pieces = piecesOf(large.snapshot(3, 1));
    expect(pieces.map(({ keyGroup }) => keyGroup)).toEqual([keyGroupOf(hashValue(5), maxParallelism)]);
    expect(piecesOf(large.snapshot(4))).toHaveLength(4);
  });

  it('is whole where the earlier one is unknown, or what went since is not remembered any more', () => {
    const large = filled();
    const modes = (snapshot: KeyedSnapshot): Set<string> =>
      new Set(
        piecesOf(snapshot)
          .slice(0, 1)
          .map(({ mode }) => mode),
      );
    expect(modes(large.snapshot(4, 3))).toEqual(new Set(['whole']));
    large.store.checkpointEnded(4, true);
    large.take(1);
    large.number.update(0);
    piecesOf(large.snapshot(5, 4));
    large.store.checkpointEnded(5, true);
    expect(modes(large.snapshot(6, 4))).toEqual(new Set(['whole']));
    for (let key = 0; key < keyCount; key++) {
      large.take(key);
      large.number.clear();
      large.list.clear();
    }
    for (let key = 0; key < keyCount; key += 2) {
      large.take(-key);
      large.number.update(0);
      large.number.clear();
    }
    expect(modes(large.snapshot(7, 5))).toEqual(new Set(['whole']));
  });

  it('is the only one that is open, until it is read or given up', () => {
    const large = filled();
    const first = large.snapshot(1);
    expect(() => large.snapshot(2)).toThrow('Checkpoint 2 came while the snapshot of an earlier one');
    first.next();
    first.release();
    first.release();
    expect(first.next()).toBe(undefined);
    expect(piecesOf(large.snapshot(3)).length).toBeGreaterThan(4);
    expect(piecesOf(large.snapshot(4)).length).toBeGreaterThan(4);
  });

  it('counts what it saves as memory of the state, and gives it back', () => {
    for (const gaveUp of [false, true]) {
      const account = new MemoryAccount();
      const large = filled(account);
      const snapshot = large.snapshot(1);
      const before = account.usedBytes;
      for (let key = 0; key < keyCount; key++) {
        large.take(key);
        large.number.update(0);
      }
      expect(account.usedBytes - before).toBeGreaterThan(keyCount * 9);
      if (gaveUp) snapshot.release();
      else piecesOf(snapshot);
      expect(account.usedBytes).toBe(before);
    }
  });
});
