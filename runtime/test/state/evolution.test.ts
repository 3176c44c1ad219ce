import { describe, expect, it } from 'vitest';
import {
  aggregatingState,
  listState,
  type MapState,
  mapState,
  reducingState,
  type StateDescriptor,
  type ValueState,
  valueState,
} from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

const keyGroups = 4;
const keys = ['anna', 'ben', 'cleo', 'dora', 'emil'];
let nowMs = 1000;
const newStore = (): KeyedStore => new KeyedStore({ maxParallelism: keyGroups, nowMs: () => nowMs });

type Handle = { value(): unknown; get(): unknown };

/** Writes for each key what `write` says with the handle of a descriptor. */
const written = <H>(descriptor: StateDescriptor, write: (handle: H, key: string) => void): KeyedStore => {
  const store = newStore();
  const handle = store.register(descriptor) as H;
  for (const key of keys) {
    store.setCurrentKey(key, hashValue(key));
    write(handle, key);
  }
  return store;
};

const restore = (from: KeyedStore, into: KeyedStore): KeyedStore => {
  for (let group = 0; group < keyGroups; group++) {
    const bytes = from.exportKeyGroup(group);
    if (bytes !== undefined) into.importKeyGroup(group, bytes);
  }
  return into;
};

/** What each key has after the state was restored by code with another descriptor. */
const restored = (from: KeyedStore, descriptor: StateDescriptor, again: boolean = false): unknown[] => {
  const store = newStore();
  let handle = store.register(descriptor) as Handle;
  restore(from, store);
  const last = again ? newStore() : store;
  if (again) {
    handle = last.register(descriptor) as Handle;
    restore(store, last);
  }
  return keys.map((key) => {
    last.setCurrentKey(key, hashValue(key));
    return descriptor.kind === 'value' ? handle.value() : handle.get();
  });
};

const lengths = keys.map((key) => key.length);
const numbers = (): KeyedStore =>
  written<ValueState<number>>(valueState<number>('length', { type: 'number' }), (state, key) =>
    state.update(key.length),
  );

describe('state of an older version of the job', () => {
  it('is found under the name that it had', () => {
    const descriptor = valueState<number>('size', { type: 'number', renamedFrom: 'length' });
    expect(restored(numbers(), descriptor)).toEqual(lengths);
    expect(restored(numbers(), descriptor, true)).toEqual(lengths);
  });

  it('is widened from numbers to any values', () => {
    expect(restored(numbers(), valueState('length'))).toEqual(lengths);
  });

  it('is converted by the function of its author, once for each value', () => {
    const migrate = (value: unknown, fromVersion: number): unknown => ({ length: value, fromVersion });
    const descriptor = valueState('length', { version: 2, migrate });
    const expected = lengths.map((length) => ({ length, fromVersion: 1 }));
    expect(restored(numbers(), descriptor)).toEqual(expected);
    expect(restored(numbers(), descriptor, true)).toEqual(expected);
  });

  it('is converted into numbers when they are', () => {
    const texts = written<ValueState<string>>(valueState<string>('length'), (state, key) =>
      state.update(key),
    );
    const toLength = (value: unknown): unknown => (value as string).length;
    const descriptor = valueState<number>('length', { type: 'number', version: 2, migrate: toLength });
    expect(restored(texts, descriptor)).toEqual(lengths);
    const wrong = valueState<number>('length', { type: 'number', version: 2, migrate: (value) => value });
    expect(() => restored(texts, wrong)).toThrow('migrate of the state “length” gave');
  });

  it('is converted item by item in lists and value by value in maps', () => {
    const lists = written<{ addAll(values: readonly string[]): void }>(
      listState<string>('letters'),
      (s, key) => s.addAll([...key]),
    );
    const upper = (value: unknown): unknown => (value as string).toUpperCase();
    expect(restored(lists, listState('letters', { version: 2, migrate: upper }))).toEqual(
      keys.map((key) => [...key.toUpperCase()]),
    );
    const maps = written<MapState<string, string>>(mapState('m'), (state, key) => state.put('k', key));
    const store = newStore();
    const handle = store.register(mapState('m', { version: 2, migrate: upper })) as MapState<string, string>;
    restore(maps, store);
    store.setCurrentKey('anna', hashValue('anna'));
    expect([...handle.entries()]).toEqual([['k', 'ANNA']]);
  });

  it('is converted between the kinds that hold one value', () => {
    const sum = (left: unknown, right: unknown): unknown => (left as number) + (right as number);
    const same = (value: unknown): unknown => value;
    expect(restored(numbers(), reducingState('length', sum, { version: 2, migrate: same }))).toEqual(lengths);
    const average = {
      create: () => ({ sum: 0, count: 0 }),
      add: (a: { sum: number; count: number }, value: number) => ({ sum: a.sum + value, count: a.count + 1 }),
      result: (a: { sum: number; count: number }) => a.sum / a.count,
      merge: (a: { sum: number; count: number }) => a,
    };
    const descriptor = aggregatingState('length', average as never, {
      version: 2,
      migrate: (value) => ({ sum: value, count: 1 }),
    });
    expect(restored(numbers(), descriptor)).toEqual(lengths);
  });

  it('keeps its time to live', () => {
    nowMs = 1000;
    const ttl = { after: '1s' } as const;
    const old = written<ValueState<string>>(valueState<string>('v', { ttl }), (state, key) =>
      state.update(key),
    );
    nowMs = 1500;
    const renamed = valueState('w', { ttl, renamedFrom: 'v', version: 2, migrate: (value) => [value] });
    expect(restored(old, renamed)).toEqual(keys.map((key) => [key]));
    nowMs = 2000;
    expect(restored(old, renamed)).toEqual(keys.map(() => undefined));
  });

  it('stands beside pieces that were written since, each in its version', () => {
    const migrate = (value: unknown): unknown => [value];
    const descriptor = valueState('length', { version: 2, migrate });
    const store = newStore();
    const handle = store.register(descriptor) as ValueState<unknown>;
    restore(numbers(), store);
    const base = numbers();
    const epoch = store.flipEpoch();
    store.setCurrentKey('anna', hashValue('anna'));
    handle.update(['changed']);
    const last = newStore();
    const lastHandle = last.register(descriptor) as ValueState<unknown>;
    restore(base, last);
    for (let group = 0; group < keyGroups; group++) {
      const changes = store.exportChanges(group, epoch);
      if (changes !== undefined) last.applyChanges(group, changes);
    }
    const values = keys.map((key) => {
      last.setCurrentKey(key, hashValue(key));
      return lastHandle.value();
    });
    expect(values).toEqual([['changed'], ...lengths.slice(1).map((length) => [length])]);
  });
});

describe('state that cannot be read any more', () => {
  it.each([
    [
      valueState('length', { version: 2 }),
      'was a value state of type number and is a value state of version 2 now, and it has no migrate',
    ],
    [listState('length'), 'was a value state of type number and is a list state now'],
    [listState('length', { version: 2, migrate: () => [] }), 'is a list state of version 2 now'],
    [reducingState('length', (left) => left), 'is a reducing state now'],
  ] as const)('is refused by name: %#', (descriptor, message) => {
    expect(() => restored(numbers(), descriptor)).toThrow(message);
  });

  it('is refused when a newer version of the job wrote it', () => {
    const newer = written<ValueState<string>>(valueState<string>('v', { version: 3 }), (s, key) =>
      s.update(key),
    );
    expect(() => restored(newer, valueState('v', { version: 2, migrate: (value) => value }))).toThrow(
      'The state “v” was a value state of version 3 and is a value state of version 2 now.',
    );
  });

  it('names the state whose migrate throws', () => {
    const migrate = (): never => {
      throw new Error('no idea');
    };
    expect(() => restored(numbers(), valueState('length', { version: 2, migrate }))).toThrow(
      'migrate of the state “length” failed: no idea',
    );
  });

  it.each([0, 1.5, -1, Number.NaN])('needs a whole version from 1: %d', (version) => {
    expect(() => newStore().register(valueState('v', { version }))).toThrow(
      'versions are whole numbers from 1',
    );
  });

  it('needs a version above 1 for migrate', () => {
    expect(() => newStore().register(valueState('v', { migrate: (value) => value }))).toThrow(
      'The state “v” has a migrate function, but is of version 1',
    );
  });
});
