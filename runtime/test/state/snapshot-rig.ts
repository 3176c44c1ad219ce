import fc from 'fast-check';
import { expect } from 'vitest';
import { cloneValue } from '../../src/batch/values.ts';
import type { KeyedSnapshot, KeyGroupPiece } from '../../src/state/keyed-snapshot.ts';
import type { Backend } from './backends.ts';
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

export const maxParallelism = 4;
export const groups: readonly number[] = Array.from({ length: maxParallelism }, (_, group) => group);

/** Everything a store may do between two barriers. */
export type Step =
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

export const step: fc.Arbitrary<Step> = fc.oneof(
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
export class Rig {
  readonly clock = new Clock();
  readonly real: LivingStore;
  readonly model = new LivingModel(this.clock);
  private lastId = 0;
  private open:
    | { id: number; snapshot: KeyedSnapshot; pieces: KeyGroupPiece[]; found: LivingModel; copy: Uint8Array[] }
    | undefined;
  private completed: number | undefined;
  /** All pieces of completed checkpoints. */
  private durable: KeyGroupPiece[] = [];
  /** Where what is restored goes. */
  private readonly restoredIn: Backend;

  constructor(own: Backend, restoredIn: Backend) {
    this.real = new LivingStore(maxParallelism, this.clock, own.space());
    this.restoredIn = restoredIn;
  }

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
    const restored = new LivingStore(maxParallelism, this.clock, this.restoredIn.space());
    for (const { keyGroup, mode, bytes } of this.durable) {
      if (mode === 'changes') restored.store.applyChanges(keyGroup, bytes);
      else if (bytes.length === 0) restored.store.dropKeyGroup(keyGroup);
      else restored.store.importKeyGroup(keyGroup, bytes);
    }
    return restored;
  }
}
