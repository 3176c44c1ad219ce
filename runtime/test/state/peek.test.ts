import { describe, expect, it } from 'vitest';
import {
  aggregatingState,
  listState,
  type MapState,
  mapState,
  type ValueState,
  valueState,
} from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

const nothing = { found: false, value: undefined };

const created = () => {
  const clock = { nowMs: 0 };
  const store = new KeyedStore({ maxParallelism: 16, nowMs: () => clock.nowMs, tracksRemovals: true });
  const peek = (state: string, key: unknown) => store.peek(state, key, hashValue(key), clock.nowMs);
  const take = (key: unknown): void => store.setCurrentKey(key, hashValue(key));
  return { clock, store, peek, take };
};

describe('a look at the state of a key', () => {
  it('shows values, lists, maps and the results of aggregates as a function would see them', () => {
    const { store, peek, take } = created();
    const count = store.register(valueState('count', { default: 0, type: 'number' })) as ValueState<number>;
    const note = store.register(
      valueState<{ text: string } | null>('note', { default: null }),
    ) as ValueState<unknown>;
    const seen = store.register(listState('seen')) as { add(value: unknown): void };
    const byPage = store.register(mapState('byPage')) as MapState<string, number>;
    const mean = store.register(
      aggregatingState('mean', {
        create: () => ({ sum: 0, count: 0 }),
        add: (total: { sum: number; count: number }, value: number) => ({
          sum: total.sum + value,
          count: total.count + 1,
        }),
        result: (total: { sum: number; count: number }) => total.sum / total.count,
        merge: (one) => one,
      }),
    ) as { add(value: unknown): void };
    take('ann');
    count.update(3);
    note.update({ text: 'hello' });
    seen.add(1);
    seen.add(2);
    byPage.put('/', 7);
    mean.add(4);
    mean.add(6);
    expect(peek('count', 'ann')).toEqual({ found: true, value: 3 });
    expect(peek('note', 'ann')).toEqual({ found: true, value: { text: 'hello' } });
    expect(peek('seen', 'ann')).toEqual({ found: true, value: [1, 2] });
    expect(peek('byPage', 'ann')).toEqual({ found: true, value: new Map([['/', 7]]) });
    expect(peek('mean', 'ann')).toEqual({ found: true, value: 5 });
  });

  it('finds nothing for a key without state, and knows no state that nobody has', () => {
    const { store, peek, take } = created();
    const count = store.register(valueState('count', { default: 0, type: 'number' })) as ValueState<number>;
    take('ann');
    count.update(1);
    expect(peek('count', 'bob')).toEqual(nothing);
    expect(peek('sum', 'ann')).toBeUndefined();
  });

  it('neither shows what has expired nor gives it a longer life', () => {
    const { clock, store, peek, take } = created();
    const ttl = { after: 100, refreshOn: 'read' } as const;
    const last = store.register(valueState('last', { default: '', ttl })) as ValueState<string>;
    const pages = store.register(mapState('pages', { ttl })) as MapState<string, number>;
    take(['ann', 1]);
    last.update('a');
    pages.put('/', 1);
    clock.nowMs = 50;
    pages.put('/more', 2);
    expect(peek('last', ['ann', 1])).toEqual({ found: true, value: 'a' });
    clock.nowMs = 100;
    expect(peek('last', ['ann', 1])).toEqual(nothing);
    expect(peek('pages', ['ann', 1])).toEqual({ found: true, value: new Map([['/more', 2]]) });
  });

  it('is no write: the next increment says nothing of the key', () => {
    const { store, peek, take } = created();
    const note = store.register(valueState('note', { default: {} })) as ValueState<object>;
    take('ann');
    note.update({ text: 'hello' });
    take('bob');
    const epoch = store.flipEpoch();
    peek('note', 'ann');
    for (let keyGroup = 0; keyGroup < 16; keyGroup++)
      expect(store.exportChanges(keyGroup, epoch)).toBeUndefined();
  });

  it('leaves the key in hand where it is', () => {
    const { store, peek, take } = created();
    const count = store.register(valueState('count', { default: 0, type: 'number' })) as ValueState<number>;
    take('ann');
    count.update(1);
    take('bob');
    peek('count', 'ann');
    expect(count.value()).toBe(0);
  });

  it('refuses lists and maps that are too long to be shown between two batches', () => {
    const { store, peek, take } = created();
    const seen = store.register(listState('seen')) as { addAll(values: Iterable<unknown>): void };
    take('ann');
    seen.addAll(Array.from({ length: 10_001 }, (_, i) => i));
    expect(() => peek('seen', 'ann')).toThrow(MillraceError);
  });
});
