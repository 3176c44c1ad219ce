import { describe, expect, it } from 'vitest';
import { type MapState, mapState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

interface Rig {
  readonly store: KeyedStore;
  readonly map: MapState<unknown, unknown>;
}

const create = (): Rig => {
  const store = new KeyedStore({ maxParallelism: 4, nowMs: () => 0 });
  const map = store.register(mapState('map')) as MapState<unknown, unknown>;
  store.setCurrentKey('a', hashValue('a'));
  return { store, map };
};

/** Runs a test on a store as it is and on one that is recording a record. */
const bothWays = (test: (rig: Rig) => void): void => {
  test(create());
  const rig = create();
  rig.store.beginRecord();
  test(rig);
  rig.store.commitRecord();
};

describe('a map state', () => {
  it('gets, puts and deletes entries, and keeps the order of insertion', () => {
    bothWays(({ map }) => {
      expect(map.isEmpty()).toBe(true);
      for (const key of ['x', 'y', 'z']) map.put(key, `${key}1`);
      map.put('x', 'x2');
      map.delete('y');
      map.put('y', 'y2');
      map.delete('unknown');
      expect([...map.entries()]).toEqual([
        ['x', 'x2'],
        ['z', 'z1'],
        ['y', 'y2'],
      ]);
      expect([...map.keys()]).toEqual(['x', 'z', 'y']);
      expect([...map.values()]).toEqual(['x2', 'z1', 'y2']);
      expect([map.has('x'), map.has('w'), map.get('w'), map.isEmpty()]).toEqual([
        true,
        false,
        undefined,
        false,
      ]);
    });
  });

  it('tells an entry of undefined from none', () => {
    bothWays(({ map }) => {
      map.put('x', undefined);
      expect([map.get('x'), map.has('x'), map.has('y')]).toEqual([undefined, true, false]);
      expect([...map.entries()]).toEqual([['x', undefined]]);
    });
  });

  it('compares keys as values', () => {
    bothWays(({ map }) => {
      map.put([1, { a: 1, b: 2 }], 'tuple');
      map.put(new Date(5), 'date');
      map.put(1n, 'bigint');
      map.put(1, 'number');
      expect(map.get([1, { b: 2, a: 1 }])).toBe('tuple');
      expect(map.get(new Date(5))).toBe('date');
      expect([map.get(1), map.get(1n), map.get('1')]).toEqual(['number', 'bigint', undefined]);
      map.delete([1, { a: 1, b: 2 }]);
      expect(map.has([1, { a: 1, b: 2 }])).toBe(false);
    });
  });

  it('can lose and gain entries during a loop over it', () => {
    bothWays(({ map }) => {
      for (let i = 0; i < 6; i++) map.put(i, i);
      const seen: unknown[] = [];
      for (const key of map.keys()) {
        seen.push(key);
        if (key === 1) map.delete(2);
        if (key === 3) map.put('late', true);
      }
      expect(seen).toEqual([0, 1, 3, 4, 5, 'late']);
    });
  });

  it('is gone with its last entry', () => {
    const { store, map } = create();
    map.put('x', 1);
    map.delete('x');
    expect(store.keyCount).toBe(0);
    map.put('x', 1);
    map.clear();
    expect(store.keyCount).toBe(0);
    map.clear();
    expect(map.isEmpty()).toBe(true);
  });

  it('has its order back after a record that failed', () => {
    const { store, map } = create();
    for (const key of ['x', 'y', 'z']) map.put(key, { n: 0 });
    const changes: ((map: MapState<unknown, unknown>) => void)[] = [
      (held) => held.delete('x'),
      (held) => held.put('w', 1),
      (held) => {
        (held.get('y') as { n: number }).n += 1;
      },
      (held) => {
        for (const value of held.values()) if (typeof value === 'object') (value as { n: number }).n = 7;
      },
      (held) => held.clear(),
    ];
    for (const one of changes) {
      for (const two of changes) {
        store.beginRecord();
        for (const key of ['x', 'y', 'z']) if (!map.has(key)) map.put(key, { n: 0 });
        one(map);
        if (map.has('y')) two(map);
        store.rollbackRecord();
        expect([...map.entries()]).toEqual([
          ['x', { n: 0 }],
          ['y', { n: 0 }],
          ['z', { n: 0 }],
        ]);
      }
    }
  });

  it('gives each key a map of its own', () => {
    const { store, map } = create();
    map.put('x', 1);
    store.setCurrentKey('b', hashValue('b'));
    expect(map.has('x')).toBe(false);
    map.put('x', 2);
    store.setCurrentKey('a', hashValue('a'));
    expect(map.get('x')).toBe(1);
  });
});
