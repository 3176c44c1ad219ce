import { describe, expect, it } from 'vitest';
import { type ValueState, valueState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

describe('the last timer of a key that has nothing else', () => {
  const createStore = () => {
    const store = new KeyedStore({ maxParallelism: 1, nowMs: () => 0, tracksRemovals: true });
    return {
      store,
      state: store.register(valueState('state')) as ValueState<string>,
      take: (key: string): void => store.setCurrentKey(key, hashValue(key)),
    };
  };

  it('fires with a row in hand: what it wrote went to the next new key when an earlier timer had fired just before', () => {
    const { store, state, take } = createStore();
    take('ann');
    for (const timeMs of [1, 2]) store.eventTimers.register(timeMs);
    expect(store.eventTimers.pollDue(2)).toBe(true);
    expect(store.eventTimers.pollDue(2)).toBe(true);

    state.update('of ann');
    take('bob');
    expect(state.value()).toBe(undefined);
    state.update('of bob');

    take('ann');
    expect(state.value()).toBe('of ann');
    expect(store.keyCount).toBe(2);
  });

  it('fires with a row in hand also when the state of the key in hand was cleared before', () => {
    const { store, state, take } = createStore();
    take('ann');
    state.update('for a while');
    store.processingTimers.register(1);
    state.clear();
    expect(store.processingTimers.pollDue(1)).toBe(true);

    state.update('of ann');
    take('bob');
    state.update('of bob');

    take('ann');
    expect(state.value()).toBe('of ann');
    expect([...store.keys(0, 'state')]).toEqual(['ann', 'bob']);
  });

  it('leaves no row behind when it writes nothing', () => {
    const { store, take } = createStore();
    take('ann');
    for (const timeMs of [1, 2]) store.eventTimers.register(timeMs);
    while (store.eventTimers.pollDue(2));
    expect(store.currentKey).toBe('ann');
    expect(store.keyCount).toBe(0);
  });
});
