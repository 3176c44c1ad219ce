import { describe, expect, it } from 'vitest';
import {
  type AggregatingState,
  aggregatingState,
  type ReducingState,
  reducingState,
  type ValueState,
  valueState,
} from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

const createStore = (): KeyedStore => new KeyedStore({ maxParallelism: 4, nowMs: () => 0 });
const take = (store: KeyedStore, key: unknown): void => store.setCurrentKey(key, hashValue(key));

interface Profile {
  readonly tags: string[];
}

describe('a value state', () => {
  it('is undefined, or its default, for a key without a value', () => {
    const store = createStore();
    const plain = store.register(valueState('plain')) as ValueState<string>;
    const named = store.register(valueState('named', { default: 'none' })) as ValueState<string, string>;
    take(store, 'a');
    expect([plain.value(), named.value()]).toEqual([undefined, 'none']);
    named.update('some');
    named.clear();
    expect(named.value()).toBe('none');
  });

  it('holds every value of the domain, undefined and null among them', () => {
    const store = createStore();
    const state = store.register(valueState('any', { default: 'default' })) as ValueState<unknown, string>;
    const values = [
      undefined,
      null,
      false,
      0,
      -0,
      Number.NaN,
      '',
      1n,
      new Date(5),
      new Uint8Array([1]),
      [[]],
      {},
    ];
    for (const value of values) {
      take(store, 'a');
      state.update(value);
      take(store, 'b');
      expect(state.value()).toBe('default');
      take(store, 'a');
      expect(Object.is(state.value(), value)).toBe(true);
    }
    expect(store.keyCount).toBe(1);
  });

  it('of type number holds every number as it is', () => {
    const store = createStore();
    const state = store.register(valueState('number', { type: 'number' })) as ValueState<number>;
    for (const value of [0, -0, Number.NaN, Infinity, -1.5, 2 ** 53, 5e-324]) {
      take(store, value);
      state.update(value);
      take(store, 'other');
      take(store, value);
      expect(Object.is(state.value(), value)).toBe(true);
    }
  });

  it('shows what was changed in place within the record, and undoes it with the record', () => {
    const store = createStore();
    const state = store.register(valueState('profile')) as ValueState<Profile>;
    take(store, 'a');
    state.update({ tags: ['x'] });
    store.beginRecord();
    const profile = state.value()!;
    profile.tags.push('y');
    expect(state.value()).toBe(profile);
    state.update(profile);
    profile.tags.push('z');
    expect(state.value()).toEqual({ tags: ['x', 'y', 'z'] });
    store.rollbackRecord();
    expect(state.value()).toEqual({ tags: ['x'] });
  });

  it('keeps what a record that succeeded changed in place', () => {
    const store = createStore();
    const state = store.register(valueState('profile')) as ValueState<Profile>;
    take(store, 'a');
    state.update({ tags: ['x'] });
    store.beginRecord();
    state.value()!.tags.push('y');
    store.commitRecord();
    expect(state.value()).toEqual({ tags: ['x', 'y'] });
  });

  it('undoes a first write, a clearing, and a write after a clearing', () => {
    const store = createStore();
    const state = store.register(valueState('n', { type: 'number', default: -1 })) as ValueState<
      number,
      number
    >;
    const undone = (act: () => void): number => {
      store.beginRecord();
      act();
      store.rollbackRecord();
      return state.value();
    };
    take(store, 'a');
    expect(undone(() => state.update(1))).toBe(-1);
    expect(store.keyCount).toBe(0);
    state.update(5);
    expect(undone(() => state.clear())).toBe(5);
    expect(
      undone(() => {
        state.clear();
        state.update(6);
        state.update(7);
      }),
    ).toBe(5);
  });

  it('undoes what a record did to several keys', () => {
    const store = createStore();
    const state = store.register(valueState('n', { type: 'number', default: 0 })) as ValueState<
      number,
      number
    >;
    for (const key of ['a', 'b']) {
      take(store, key);
      state.update(1);
    }
    take(store, 'a');
    store.beginRecord();
    state.clear();
    take(store, 'b');
    state.update(2);
    take(store, 'new');
    state.update(3);
    take(store, 'a');
    store.rollbackRecord();
    expect(store.keyCount).toBe(2);
    const values = ['a', 'b', 'new'].map((key) => {
      take(store, key);
      return state.value();
    });
    expect(values).toEqual([1, 1, 0]);
  });
});

describe('a reducing state', () => {
  const sum = reducingState('sum', (left: unknown, right: unknown): unknown => Number(left) + Number(right));

  it('takes the first value as it is and reduces the others into it', () => {
    const store = createStore();
    const state = store.register(sum) as ReducingState<number>;
    take(store, 'a');
    expect(state.get()).toBe(undefined);
    state.add(3);
    expect(state.get()).toBe(3);
    state.add(4);
    expect(state.get()).toBe(7);
    state.clear();
    state.add(1);
    expect(state.get()).toBe(1);
  });

  it('is as it was when the function throws', () => {
    const store = createStore();
    const picky = reducingState('picky', (left: unknown, right: unknown) => {
      (left as number[]).push(Number(right));
      if (right === 'bad') throw new Error('no');
      return left;
    });
    const state = store.register(picky) as ReducingState<unknown>;
    take(store, 'a');
    state.add([1]);
    store.beginRecord();
    state.add(2);
    expect(() => state.add('bad')).toThrow('no');
    store.rollbackRecord();
    expect(state.get()).toEqual([1]);
  });
});

describe('an aggregating state', () => {
  const mean = aggregatingState<unknown, { sum: number; count: number }, unknown>('mean', {
    create: () => ({ sum: 0, count: 0 }),
    add: (accumulator, value) => {
      accumulator.sum += Number(value);
      accumulator.count += 1;
      return accumulator;
    },
    result: ({ sum, count }) => sum / count,
  });

  it('gives the result of what was added, a key at a time', () => {
    const store = createStore();
    const state = store.register(mean as Parameters<KeyedStore['register']>[0]) as AggregatingState<
      number,
      number
    >;
    for (const [key, value] of [
      ['a', 1],
      ['b', 10],
      ['a', 2],
    ] as const) {
      take(store, key);
      state.add(value);
    }
    expect(state.get()).toBe(1.5);
    take(store, 'c');
    expect(state.get()).toBe(undefined);
    take(store, 'b');
    expect(state.get()).toBe(10);
    state.clear();
    expect(state.get()).toBe(undefined);
  });

  it('undoes what was added in place', () => {
    const store = createStore();
    const state = store.register(mean as Parameters<KeyedStore['register']>[0]) as AggregatingState<
      number,
      number
    >;
    take(store, 'a');
    state.add(1);
    for (const keeps of [false, true, false]) {
      store.beginRecord();
      state.add(3);
      if (keeps) store.commitRecord();
      else store.rollbackRecord();
    }
    expect(state.get()).toBe(2);
  });
});
