import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListState, listState, mapState, type ValueState, valueState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { drain, expectSameState } from './compare-stores.ts';
import { StoreModel } from './store-model.ts';
import { fewKeys, recordPlans, runRecord, StoreUnderTest } from './store-under-test.ts';
import { anyKey } from './values.ts';

const maxParallelism = 8;
const groups: readonly number[] = Array.from({ length: maxParallelism }, (_, group) => group);
const keys = fc.oneof(fewKeys, anyKey);

const expectSameTimers = (one: StoreUnderTest, two: StoreUnderTest): void => {
  expect(drain(two, two.store.eventTimers)).toEqual(drain(one, one.store.eventTimers));
  expect(drain(two, two.store.processingTimers)).toEqual(drain(one, one.store.processingTimers));
};

/** Damaged bytes lead to these errors or to none, never to another. */
const mayFailOnly = (call: () => void): void => {
  try {
    call();
  } catch (error) {
    expect(MillraceError.is(error) ? error.code : error).toMatch(/^(?:record-invalid|job-invalid)$/);
  }
};

const numberStore = (tracksRemovals = false): { store: KeyedStore; count: ValueState<number, number> } => {
  const store = new KeyedStore({ maxParallelism, nowMs: () => 0, tracksRemovals });
  const count = store.register(valueState('count', { default: 0, type: 'number' })) as ValueState<
    number,
    number
  >;
  return { store, count };
};

/** A key group as version 1 wrote it, and the same as version 2 writes it. Never change: savepoints hold such bytes. */
const goldenVersion1 = [
  'AQACCQR1c2VyBAwGBm51bWJlcgABAQAAAAAAAARAA2FueQAAAQ8CAWEBYgQBDAIDAQRsaXN0AQACDAIEAQkBeANtYXACAAEB',
  'CQFrBwcAAAAAAAAAB3JlZHVjZWQDAAALYWNjdW11bGF0ZWQEAAIMARAABAIMAAEAAAAAAABAj0AEAAEBAAAAAABAn0AEAw==',
].join('');
const goldenVersion2 = [
  'AgAAAgAJBHVzZXIEDAYGbnVtYmVyAAEAAQAAAAAAAARAA2FueQAAAAEPAgFhAWIEAQwCAwEEbGlzdAEAAAIMAgQBCQF4A21hcAIA',
  'AAEBCQFrBwcAAAAAAAAAB3JlZHVjZWQDAAAAC2FjY3VtdWxhdGVkBAAAAgwBEAAEAgwAAQAAAAAAAAAAAECPQAAAAAAAAAAAAQEA',
  'AAAAAAAAAECfQAAAAAAAAAhA',
].join('');

describe('moving key groups', () => {
  it('gives another store the same state and timers', () => {
    fc.assert(
      fc.property(recordPlans(keys), (plans) => {
        const [from, to, model] = [
          new StoreUnderTest(maxParallelism),
          new StoreUnderTest(maxParallelism),
          new StoreModel(),
        ];
        for (const plan of plans) runRecord(from, model, plan, false);
        for (const group of groups) {
          const bytes = from.store.exportKeyGroup(group);
          if (bytes !== undefined) to.store.importKeyGroup(group, bytes);
        }
        expectSameState(to, model);
        expectSameState(from, model);
        expectSameTimers(from, to);
      }),
    );
  });

  it('splits a store among others by key group', () => {
    fc.assert(
      fc.property(recordPlans(anyKey), recordPlans(anyKey), (before, after) => {
        const [from, to, model] = [
          new StoreUnderTest(maxParallelism),
          new StoreUnderTest(maxParallelism),
          new StoreModel(),
        ];
        for (const plan of before) runRecord(from, model, plan, false);
        for (const group of [1, 4, 5]) {
          const bytes = from.store.exportKeyGroup(group);
          from.store.dropKeyGroup(group);
          if (bytes !== undefined) to.store.importKeyGroup(group, bytes);
        }
        const owner = (key: unknown): StoreUnderTest =>
          [1, 4, 5].includes(keyGroupOf(hashValue(key), maxParallelism)) ? to : from;
        for (const { parts } of after) {
          for (const part of parts) runRecord(owner(part.key), model, { fails: false, parts: [part] }, false);
        }
        expect(from.store.keyCount + to.store.keyCount).toBe(model.size);
        const timers = [...drain(from, from.store.eventTimers), ...drain(to, to.store.eventTimers)];
        expect(timers).toHaveLength(
          [...model.keys.values()].reduce((sum, { event }) => sum + event.length, 0),
        );
      }),
    );
  });

  /** Some rounds of many changes, some of so few that nothing else marks the page of what is changed in place. */
  const rounds = fc
    .tuple(
      recordPlans(keys),
      fc.array(recordPlans(fewKeys, { records: 1, acts: 2 }), { maxLength: 12, size: 'max' }),
    )
    .map(([many, few]) => [many, ...few]);

  it('by increments follows every change since the last one', () => {
    fc.assert(
      fc.property(rounds, fc.boolean(), (increments, recording) => {
        const [leader, follower, model] = [
          new StoreUnderTest(maxParallelism),
          new StoreUnderTest(maxParallelism),
          new StoreModel(),
        ];
        let epoch = 0;
        for (const plans of increments) {
          for (const plan of plans) runRecord(leader, model, plan, recording);
          const next = leader.store.flipEpoch();
          for (const group of groups) {
            const bytes = leader.store.exportChanges(group, epoch);
            if (bytes !== undefined) follower.store.applyChanges(group, bytes);
          }
          leader.store.forgetRemovals(epoch);
          epoch = next;
        }
        expectSameState(follower, model);
        expectSameTimers(leader, follower);
      }),
    );
  });

  it('says nothing of a key group without state', () => {
    const { store, count } = numberStore();
    store.setCurrentKey('a', hashValue('a'));
    count.update(1);
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    expect(groups.filter((number) => store.exportKeyGroup(number) !== undefined)).toEqual([group]);
    count.clear();
    expect(store.exportKeyGroup(group)).toBe(undefined);
  });

  it('names what was removed also in the first increment, for a reader that has a copy from elsewhere', () => {
    const [leader, follower] = [numberStore(true), numberStore()];
    leader.store.setCurrentKey('a', hashValue('a'));
    leader.count.update(1);
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    follower.store.importKeyGroup(group, leader.store.exportKeyGroup(group)!);
    leader.count.clear();
    expect(leader.store.exportKeyGroup(group)).toBe(undefined);
    follower.store.applyChanges(group, leader.store.exportChanges(group, 0)!);
    expect(follower.store.keyCount).toBe(0);
    leader.store.forgetRemovals(leader.store.flipEpoch());
    expect(leader.store.exportChanges(group, 0)).toBe(undefined);
  });

  it('leaves the key in hand where it was when it fails', () => {
    const store = new KeyedStore({ maxParallelism, nowMs: () => 0 });
    const any = store.register(valueState('any')) as ValueState<unknown>;
    store.setCurrentKey('a', hashValue('a'));
    any.update(() => 1);
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    expect(() => store.exportKeyGroup(group)).toThrow('a function');
    any.update('instead');
    expect(() => store.applyChanges(group, Uint8Array.of(9))).toThrow('version 9');
    expect([store.currentKey, any.value(), store.keyCount]).toEqual(['a', 'instead', 1]);
  });

  it('writes only the pages that changed', () => {
    const { store, count } = numberStore(true);
    const put = (key: number): void => {
      store.setCurrentKey(key, hashValue(key));
      count.update(key);
    };
    for (let key = 0; key < 50_000; key++) put(key);
    const epoch = store.flipEpoch();
    expect(groups.map((group) => store.exportChanges(group, epoch))).toEqual(groups.map(() => undefined));
    put(77);
    store.setCurrentKey(78, hashValue(78));
    expect(count.value()).toBe(78);
    const changed = groups.map((group) => store.exportChanges(group, epoch)?.length ?? 0);
    expect(changed.filter((length) => length > 0)).toHaveLength(1);
    expect(Math.max(...changed)).toBeLessThan(256 * 20);
  });

  it('replaces what an imported key group held before', () => {
    const [{ store, count }, other] = [numberStore(), numberStore()];
    store.setCurrentKey('a', hashValue('a'));
    count.update(1);
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    const rival = Array.from({ length: 99 }, (_, i) => `b${i}`).find(
      (key) => keyGroupOf(hashValue(key), maxParallelism) === group,
    );
    other.store.setCurrentKey(rival, hashValue(rival));
    other.count.update(9);
    other.store.eventTimers.register(4);
    other.store.importKeyGroup(group, store.exportKeyGroup(group)!);
    expect(other.count.value()).toBe(0);
    expect(other.store.eventTimers.size).toBe(0);
    expect([...other.store.keys(group, 'count')]).toEqual(['a']);
  });

  it('keeps state that is registered only later, and hands on what never is', () => {
    const { store, count } = numberStore();
    const list = store.register(listState('list')) as ListState<string>;
    store.setCurrentKey('a', hashValue('a'));
    count.update(5);
    list.update(['x']);
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    const middle = new KeyedStore({ maxParallelism, nowMs: () => 0 });
    middle.importKeyGroup(group, store.exportKeyGroup(group)!);
    const last = new KeyedStore({ maxParallelism, nowMs: () => 0 });
    last.importKeyGroup(group, middle.exportKeyGroup(group)!);
    last.setCurrentKey('a', hashValue('a'));
    expect((last.register(listState('list')) as ListState<string>).get()).toEqual(['x']);
    const restored = last.register(valueState('count', { default: 0, type: 'number' })) as ValueState<number>;
    expect(restored.value()).toBe(5);
  });

  it('refuses state that is of another kind now', () => {
    const { store, count } = numberStore();
    store.setCurrentKey('a', hashValue('a'));
    count.update(5);
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    const bytes = store.exportKeyGroup(group)!;
    const other = new KeyedStore({ maxParallelism, nowMs: () => 0 });
    other.register(mapState('count'));
    expect(() => other.importKeyGroup(group, bytes)).toThrow('“count”');
  });

  it('refuses bytes of another key group, of a newer version, and damaged ones', () => {
    const { store, count } = numberStore();
    store.setCurrentKey('a', hashValue('a'));
    count.update(5);
    store.eventTimers.register(3);
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    const bytes = store.exportKeyGroup(group)!;
    expect(() => store.importKeyGroup((group + 1) % maxParallelism, bytes)).toThrow('another key group');
    expect(() => store.importKeyGroup(group, Uint8Array.of(3, ...bytes.slice(1)))).toThrow('version 3');
    for (let length = 0; length < bytes.length; length++) {
      expect(() => numberStore().store.importKeyGroup(group, bytes.slice(0, length))).toThrow('damaged');
    }
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const damaged = bytes.with(at, byte);
        mayFailOnly(() => numberStore().store.importKeyGroup(group, damaged));
      }),
    );
  });

  it('reads every version as it was first written, and writes the last one so', () => {
    const real = new StoreUnderTest(1);
    real.setKey('user');
    real.states.number.update(2.5);
    real.states.any.update({ a: 1, b: [true, null] });
    real.states.map.put('k', 7n);
    real.store.eventTimers.register(1000);
    real.setKey(12);
    real.states.list.update([1, 'x']);
    real.states.accumulated.add({ a: 2, b: [] });
    real.store.processingTimers.register(2000, 3);
    expect(Buffer.from(real.store.exportKeyGroup(0)!).toString('base64')).toBe(goldenVersion2);
    for (const golden of [goldenVersion1, goldenVersion2]) {
      const restored = new StoreUnderTest(1);
      restored.store.importKeyGroup(0, new Uint8Array(Buffer.from(golden, 'base64')));
      restored.setKey('user');
      expect(restored.states.any.value()).toEqual({ a: 1, b: [true, null] });
      expect([...restored.states.map.entries()]).toEqual([['k', 7n]]);
      expect(drain(restored, restored.store.eventTimers)).toEqual([
        { key: 'user', timeMs: 1000, namespace: 0 },
      ]);
      expect(drain(restored, restored.store.processingTimers)).toEqual([
        { key: 12, timeMs: 2000, namespace: 3 },
      ]);
    }
  });
});
