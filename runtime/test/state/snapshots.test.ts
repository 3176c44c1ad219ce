import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListState, listState, type ValueState, valueState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { cloneValue } from '../../src/batch/values.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import type { KeyedSnapshot, KeyGroupPiece } from '../../src/state/keyed-snapshot.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { MemoryAccount } from '../../src/state/memory-account.ts';
import { drain, read, readModel } from './compare-stores.ts';
import {
  Clock,
  type LivingAct,
  LivingModel,
  LivingStore,
  livingActs,
  performLiving,
} from './living-store.ts';
import { type Act, fewKeys, perform, someActs, timerActsOnly } from './store-under-test.ts';
import { anyKey, describeKey } from './values.ts';

const maxParallelism = 4;
const groups: readonly number[] = Array.from({ length: maxParallelism }, (_, group) => group);

/** Everything a store may do between two barriers. */
type Step =
  | { readonly kind: 'record'; readonly key: unknown; readonly acts: readonly Act[]; readonly fails: boolean }
  | { readonly kind: 'living'; readonly key: unknown; readonly acts: readonly LivingAct[] }
  | { readonly kind: 'fire'; readonly untilMs: number }
  | { readonly kind: 'clean'; readonly passedMs: number }
  | { readonly kind: 'read' }
  | { readonly kind: 'move'; readonly keyGroup: number }
  | { readonly kind: 'clearKey'; readonly key: unknown }
  | { readonly kind: 'barrier'; readonly whole: boolean }
  | { readonly kind: 'abort' };

const keys = fc.oneof(fewKeys, fc.nat(30), anyKey);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      key: keys,
      acts: fc.oneof(someActs, timerActsOnly),
      fails: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('living' as const), key: keys, acts: livingActs }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('clearKey' as const), key: keys }) },
  fc.record({ kind: fc.constant('fire' as const), untilMs: fc.nat(4) }),
  fc.record({ kind: fc.constant('clean' as const), passedMs: fc.nat(6) }),
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
  fc.record({ kind: fc.constant('move' as const), keyGroup: fc.nat(maxParallelism - 1) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('barrier' as const), whole: fc.boolean() }) },
  fc.record({ kind: fc.constant('abort' as const) }),
);

const livingOf = ({ brief, visits }: LivingStore): unknown => [brief.value(), [...visits.entries()]];

/** A store that is snapshotted while it is used, and beside it what each barrier found, copied at once. */
class Rig {
  readonly clock = new Clock();
  readonly real = new LivingStore(maxParallelism, this.clock);
  readonly model = new LivingModel(this.clock);
  private lastId = 0;
  private open:
    | { id: number; snapshot: KeyedSnapshot; pieces: KeyGroupPiece[]; found: LivingModel; copy: Uint8Array[] }
    | undefined;
  private completed: number | undefined;
  /** All pieces of completed checkpoints. */
  private durable: KeyGroupPiece[] = [];

  run(one: Step): void {
    const { real, model, clock } = this;
    switch (one.kind) {
      case 'record':
        return this.record(one.key, one.acts, one.fails);
      case 'living':
        this.take(one.key);
        return performLiving(real, model, one.acts);
      case 'clearKey':
        return this.clear(one.key);
      case 'fire':
        return this.fire(one.untilMs);
      case 'clean':
        clock.nowMs += one.passedMs;
        real.store.removeExpired({ take: () => true });
        return model.expire(model.keys.values());
      case 'read':
        return this.read();
      case 'move': {
        const bytes = real.store.exportKeyGroup(one.keyGroup);
        real.store.dropKeyGroup(one.keyGroup);
        if (bytes !== undefined) real.store.importKeyGroup(one.keyGroup, bytes);
        return;
      }
      case 'barrier':
        this.finish();
        return this.barrier(one.whole);
      case 'abort':
        if (this.open === undefined) return;
        this.open.snapshot.release();
        real.store.checkpointEnded(this.open.id, false);
        this.open = undefined;
    }
  }

  /** Reads the open snapshot to its end, and compares what a store made of it holds. */
  finish(): void {
    while (this.open !== undefined) this.read();
  }

  private take(key: unknown): void {
    this.real.setKey(key);
    this.model.setKey(key);
  }

  private record(key: unknown, acts: readonly Act[], fails: boolean): void {
    const { real, model } = this;
    real.store.beginRecord();
    model.begin();
    this.take(key);
    perform(real, model, acts);
    if (fails) {
      real.store.rollbackRecord();
      model.rollback();
    } else {
      real.store.commitRecord();
      model.commit();
    }
  }

  private clear(key: unknown): void {
    const { real, model } = this;
    this.take(key);
    for (const state of Object.values(real.states)) state.clear();
    real.brief.clear();
    real.visits.clear();
    const { state } = model;
    for (const [timeMs, namespace] of state.event) real.store.eventTimers.delete(timeMs, namespace);
    for (const [timeMs, namespace] of state.processing) real.store.processingTimers.delete(timeMs, namespace);
    model.keys.set(describeKey(key), { key, list: [], map: [], event: [], processing: [] });
  }

  private fire(untilMs: number): void {
    for (const { key, timeMs, namespace } of drain(this.real, this.real.store.eventTimers, untilMs)) {
      const state = this.model.keys.get(describeKey(key))!;
      state.event = state.event.filter(([time, space]) => time !== timeMs || space !== namespace);
    }
  }

  private barrier(whole: boolean): void {
    this.lastId += 1;
    const found = new LivingModel(this.clock);
    found.keys = cloneValue(this.model.keys);
    const copy = groups.map((group) => this.real.store.exportKeyGroup(group) ?? new Uint8Array(0));
    const snapshot = this.real.store.snapshotKeyGroups({
      checkpointId: this.lastId,
      keyGroups: groups,
      since: (group) => (whole && group % 2 === 0 ? undefined : this.completed),
    });
    this.open = { id: this.lastId, snapshot, pieces: [], found, copy };
  }

  private read(): void {
    if (this.open === undefined) return;
    const piece = this.open.snapshot.next();
    if (piece !== undefined) {
      this.open.pieces.push(piece);
      return;
    }
    const { id, pieces, found, copy } = this.open;
    this.open = undefined;
    this.durable.push(...pieces);
    this.completed = id;
    this.real.store.checkpointEnded(id, true);
    const restored = this.restore();
    const copied = new LivingStore(maxParallelism, this.clock);
    copy.forEach((bytes, group) => {
      if (bytes.length > 0) copied.store.importKeyGroup(group, bytes);
    });
    for (const state of found.keys.values()) {
      for (const store of [restored, copied]) store.setKey(state.key);
      expect(read(restored)).toEqual(readModel(state));
      expect(livingOf(restored)).toEqual(livingOf(copied));
    }
    expect(restored.store.keyCount).toBe(copied.store.keyCount);
    for (const queue of ['eventTimers', 'processingTimers'] as const) {
      expect(drain(restored, restored.store[queue])).toEqual(drain(copied, copied.store[queue]));
    }
  }

  private restore(): LivingStore {
    const restored = new LivingStore(maxParallelism, this.clock);
    for (const { keyGroup, mode, bytes } of this.durable) {
      if (mode === 'changes') restored.store.applyChanges(keyGroup, bytes);
      else if (bytes.length === 0) restored.store.dropKeyGroup(keyGroup);
      else restored.store.importKeyGroup(keyGroup, bytes);
    }
    return restored;
  }
}

describe('a snapshot', () => {
  it('holds what the barrier found, whatever happens while it is read', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const rig = new Rig();
        for (const one of steps) rig.run(one);
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
