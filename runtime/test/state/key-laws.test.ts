import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MapState, mapState, type ValueState, valueState } from '../../src/api/state.ts';
import { hashNumber, hashValue } from '../../src/batch/hash.ts';
import { equalValues } from '../../src/batch/values.ts';
import { KeyIndex } from '../../src/state/key-index.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { ValueMap } from '../../src/state/value-map.ts';
import { allOfThem, kinds, oneOfEach } from '../batch/kinds.ts';
import { anyKey } from './values.ts';

const rowOf = (index: KeyIndex, key: unknown): number => index.findOrInsert(key, hashValue(key));
const find = (index: KeyIndex, key: unknown): number => index.find(key, hashValue(key));

describe('a key of any kind', () => {
  it('has a row of its own, and shares it with exactly its equals', () => {
    const index = new KeyIndex();
    const rows = oneOfEach().map((key) => rowOf(index, key));
    expect(new Set(rows).size).toBe(kinds.length);
    for (const [key, kind] of allOfThem()) {
      expect(find(index, key)).toBe(rows[kind]);
      expect(rowOf(index, key)).toBe(rows[kind]);
      expect(equalValues(index.keyAt(rows[kind]!), key)).toBe(true);
      expect(index.hashAt(rows[kind]!)).toBe(hashValue(key));
    }
    expect(index.size).toBe(kinds.length);
  });

  it('can be taken away alone, found again by any of its equals, and put back', () => {
    const index = new KeyIndex();
    for (const key of oneOfEach()) rowOf(index, key);
    for (const [key, kind] of allOfThem()) {
      index.remove(find(index, key));
      const lost = allOfThem().filter(([other]) => find(index, other) < 0);
      expect(new Set(lost.map(([, other]) => other))).toEqual(new Set([kind]));
      rowOf(index, key);
    }
    expect(index.size).toBe(kinds.length);
  });

  it('is the first that is no number, whichever it is, and the numbers before it keep their rows', () => {
    const numbers = [0, -1, 0.5, Number.NaN, Infinity, 2 ** 40];
    for (const [key] of allOfThem()) {
      const index = new KeyIndex();
      const rows = numbers.map((number) => rowOf(index, number));
      index.remove(rows[1]!);
      const row = rowOf(index, key);
      expect(find(index, key)).toBe(row);
      numbers.forEach((number, i) => {
        const isGone = i === 1 && !equalValues(number, key);
        expect(find(index, number)).toBe(isGone ? -1 : rows[i]);
      });
    }
  });

  it('names an entry of a map of values, which any of its equals finds', () => {
    const map = new ValueMap<unknown, number>();
    for (const [key, kind] of allOfThem()) map.set(key, kind);
    expect(map.size).toBe(kinds.length);
    for (const [key, kind] of allOfThem()) expect(map.get(key)).toBe(kind);
    const gone = new Set<number>();
    for (const [key, kind] of allOfThem()) {
      expect(map.delete(key)).toBe(!gone.has(kind));
      gone.add(kind);
      expect(map.has(key)).toBe(false);
      expect(map.size).toBe(kinds.length - gone.size);
    }
    expect(map.size).toBe(0);
  });
});

const createStore = (maxParallelism: number) => {
  const store = new KeyedStore({ maxParallelism, nowMs: () => 0, tracksRemovals: true });
  return {
    store,
    kind: store.register(valueState('kind', { type: 'number' })) as ValueState<number>,
    map: store.register(mapState('map')) as MapState<unknown, number>,
    take: (key: unknown): void => store.setCurrentKey(key, hashValue(key)),
  };
};

type Store = ReturnType<typeof createStore>;

const expectAll = ({ store, kind, map, take }: Store): void => {
  for (const [key, number] of allOfThem()) {
    take(key);
    expect([kind.value(), map.get(key), map.get([key])]).toEqual([number, number, undefined]);
    expect(equalValues(store.currentKey, key)).toBe(true);
  }
  expect(store.keyCount).toBe(kinds.length);
};

describe('the state of keys of all kinds', () => {
  const filled = (maxParallelism: number): Store => {
    const rig = createStore(maxParallelism);
    for (const [key, number] of allOfThem()) {
      rig.take(key);
      rig.kind.update(number);
      rig.map.put(key, number);
      rig.store.eventTimers.register(number % 3);
    }
    return rig;
  };

  it('is kept apart, and found by every equal key', () => {
    for (const maxParallelism of [1, 7, 128]) expectAll(filled(maxParallelism));
  });

  it('moves to another store, group by group, through any number of hands', () => {
    const maxParallelism = 7;
    let from = filled(maxParallelism);
    for (let hands = 0; hands < 3; hands++) {
      const to = createStore(maxParallelism);
      for (let group = 0; group < maxParallelism; group++) {
        const bytes = from.store.exportKeyGroup(group);
        if (bytes !== undefined) to.store.importKeyGroup(group, bytes);
        expect(to.store.exportKeyGroup(group)).toEqual(bytes);
      }
      expectAll(to);
      expect(to.store.eventTimers.size).toBe(from.store.eventTimers.size);
      from = to;
    }
  });

  it('is told to a standby key by key, and so is its end', () => {
    const [leader, standby] = [createStore(1), createStore(1)];
    const ship = (since: number): number => {
      const epoch = leader.store.flipEpoch();
      const bytes = leader.store.exportChanges(0, since);
      if (bytes !== undefined) standby.store.applyChanges(0, bytes);
      return epoch;
    };
    let epoch = 0;
    const written = new Set<number>();
    for (const [key, number] of allOfThem()) {
      leader.take(key);
      leader.kind.update(number);
      leader.map.put(key, number);
      epoch = ship(epoch);
      written.add(number);
      expect(standby.store.keyCount).toBe(written.size);
    }
    expectAll(standby);
    for (const [key, number] of allOfThem()) {
      leader.take(key);
      leader.kind.clear();
      leader.map.clear();
      epoch = ship(epoch);
      written.delete(number);
      expect(standby.store.keyCount).toBe(written.size);
      standby.take(key);
      expect(standby.kind.value()).toBe(undefined);
    }
  });

  it('fires its timers in order of time and then of the hash, with the right key in hand', () => {
    const { store, kind } = filled(7);
    const fired: [number, number][] = [];
    while (store.eventTimers.pollDue(Infinity)) {
      const number = kind.value()!;
      expect(equalValues(store.currentKey, oneOfEach()[number])).toBe(true);
      fired.push([store.eventTimers.timeMs, hashValue(store.currentKey)]);
    }
    expect(fired).toHaveLength(kinds.length);
    expect(fired).toEqual(fired.toSorted(([oneMs, one], [twoMs, two]) => oneMs - twoMs || one - two));
  });
});

/** Hashes that bring many keys together: all in one place, in the last place, in four, or apart only in the upper bits. */
const crowds: readonly (readonly [string, (key: unknown) => number])[] = [
  ['one hash', () => 0],
  ['the last of all hashes', () => 0xffff_ffff],
  ['four hashes', (key) => hashValue(key) & 3],
  ['hashes that differ in their upper bits', (key) => (hashValue(key) & 0xf000_0000) >>> 0],
  ['hashes around the end of the table', (key) => (0xffff_fffe + (hashValue(key) & 3)) >>> 0],
];

interface Step {
  readonly kind: 'insert' | 'remove' | 'compact' | 'clear';
  readonly key: unknown;
}

const steps = (keys: fc.Arbitrary<unknown>): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.record({
      kind: fc.oneof(
        { weight: 12, arbitrary: fc.constant('insert' as const) },
        { weight: 7, arbitrary: fc.constant('remove' as const) },
        { weight: 1, arbitrary: fc.constantFrom('compact' as const, 'clear' as const) },
      ),
      key: keys,
    }),
    { maxLength: 120, size: 'max' },
  );

/** Runs the steps on an index and on a plain list of keys, and compares all rows after each of them. */
const compareWithList = (sequence: readonly Step[], hashOf: (key: unknown) => number): void => {
  const index = new KeyIndex();
  // A string first, so that keys lie as bytes and the hashes given are kept.
  index.findOrInsert('a key that stays', 0);
  const model = new Map<number, unknown>([[0, 'a key that stays']]);
  for (const { kind, key } of sequence) {
    const known = [...model].find(([, held]) => equalValues(held, key))?.[0] ?? -1;
    expect(index.find(key, hashOf(key))).toBe(known);
    if (kind === 'insert') {
      const row = index.findOrInsert(key, hashOf(key));
      if (known >= 0) expect(row).toBe(known);
      else expect(model.has(row)).toBe(false);
      model.set(row, key);
    } else if (kind === 'remove' && known > 0) {
      index.remove(known);
      model.delete(known);
    } else if (kind === 'compact') {
      index.compact();
    } else if (kind === 'clear') {
      index.clear();
      model.clear();
      model.set(index.findOrInsert('a key that stays', 0), 'a key that stays');
    }
    for (const [row, held] of model) {
      if (row > 0) expect(index.find(held, hashOf(held))).toBe(row);
    }
    expect(index.size).toBe(model.size);
  }
};

describe('a crowd of keys', () => {
  const keys = anyKey.filter((key) => typeof key !== 'number');

  it.each(crowds)('is told apart by content, through removals and growth: %s', (_, hashOf) => {
    fc.assert(
      fc.property(steps(keys), (sequence) => compareWithList(sequence, hashOf)),
      { numRuns: 40 },
    );
  });

  it('of numbers that all want the last slot is told apart as well', () => {
    const numbers: number[] = [];
    for (let number = 0; numbers.length < 60; number++) {
      if ((hashNumber(number) & 0xff) === 0xff) numbers.push(number);
    }
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...numbers)), { maxLength: 200, size: 'max' }),
        (all) => {
          const index = new KeyIndex();
          const model = new Map<number, number>();
          for (const [inserts, number] of all) {
            if (inserts) model.set(number, rowOf(index, number));
            else if (model.has(number)) index.remove(find(index, number));
            if (!inserts) model.delete(number);
            for (const one of numbers) expect(find(index, one)).toBe(model.get(one) ?? -1);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps its rows while it grows from one key to thousands', () => {
    const index = new KeyIndex();
    const hashOf = (i: number): number => (i % 5) * 0x3333_3333;
    for (let i = 0; i < 3000; i++) {
      expect(index.findOrInsert(`key ${i}`, hashOf(i))).toBe(i);
      if (i % 500 === 499) for (let k = 0; k <= i; k += 7) expect(index.find(`key ${k}`, hashOf(k))).toBe(k);
    }
  });
});
