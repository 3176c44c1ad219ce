import { describe, expect, it } from 'vitest';
import { type ListState, listState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

const create = (): { store: KeyedStore; list: ListState<unknown>; take: (key: unknown) => void } => {
  const store = new KeyedStore({ maxParallelism: 4, nowMs: () => 0 });
  const list = store.register(listState('list')) as ListState<unknown>;
  return { store, list, take: (key) => store.setCurrentKey(key, hashValue(key)) };
};

describe('a list state', () => {
  it('keeps the order of what is added, for each key alone', () => {
    const { list, take } = create();
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ]) {
      take(key);
      list.add(value);
    }
    list.addAll(new Set([4, 5]));
    expect(list.get()).toEqual([1, 3, 4, 5]);
    take('b');
    expect(list.get()).toEqual([2]);
    take('c');
    expect(list.get()).toEqual([]);
  });

  it('of a key without one cannot be filled by what get gave', () => {
    const { store, list, take } = create();
    take('a');
    expect(() => (list.get() as unknown[]).push(1)).toThrow(TypeError);
    expect(store.keyCount).toBe(0);
  });

  it('is gone when nothing is put in its place', () => {
    const { store, list, take } = create();
    take('a');
    list.addAll([]);
    expect(store.keyCount).toBe(0);
    list.addAll([1]);
    list.update([]);
    expect(store.keyCount).toBe(0);
    list.update([2]);
    list.clear();
    expect(store.keyCount).toBe(0);
  });

  it('undoes adding, replacing, clearing and changes in place, in any order', () => {
    const { store, list, take } = create();
    take('a');
    list.update([{ n: 1 }, { n: 2 }]);
    const spoil = (): void => {
      (list.get()[0] as { n: number }).n = 99;
    };
    const acts = [
      (): void => list.add(3),
      spoil,
      (): void => list.update([{ n: 0 }]),
      (): void => list.addAll([4, 5]),
    ];
    const orders = acts.flatMap((one) => acts.flatMap((two) => acts.map((three) => [one, two, three])));
    for (const order of orders) {
      store.beginRecord();
      for (const act of order) act();
      store.rollbackRecord();
      expect(list.get()).toEqual([{ n: 1 }, { n: 2 }]);
    }
    store.beginRecord();
    list.clear();
    list.add('new');
    store.rollbackRecord();
    expect(list.get()).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('shows what is added to the list that get gave before, recorded or not', () => {
    for (const recorded of [false, true]) {
      const { store, list, take } = create();
      take('a');
      list.add(1);
      if (recorded) store.beginRecord();
      const values = list.get();
      list.add(2);
      expect(values).toEqual([1, 2]);
      if (recorded) store.commitRecord();
      expect(list.get()).toEqual([1, 2]);
    }
  });
});
