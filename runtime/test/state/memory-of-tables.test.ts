import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapState, valueState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import { KeyIndex } from '../../src/state/key-index.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { MemoryAccount } from '../../src/state/memory-account.ts';
import { AccumulatorTable } from '../../src/state/typed-table.ts';
import { reachableBytes } from './reachable.ts';

const keyGroups = 4;

const createStore = (account: MemoryAccount) => {
  const store = new KeyedStore({ maxParallelism: keyGroups, nowMs: () => 0, account });
  store.register(valueState('total', { type: 'number' }));
  store.register(mapState('seen'));
  store.register(valueState('last', { type: 'number', ttl: { after: 3_600_000 } }));
  return store;
};

type Store = ReturnType<typeof createStore>;
interface Value {
  update(value: number): void;
  clear(): void;
}

const handleOf = (store: Store, name: 'total' | 'last'): Value =>
  store.register(
    valueState(name, name === 'last' ? { type: 'number', ttl: { after: 3_600_000 } } : { type: 'number' }),
  ) as Value;

/** What a test may do to a store, a block of keys at a time, so that arrays grow and are given back. */
const action = fc.record({
  kind: fc.constantFrom('write', 'write', 'write', 'clear', 'timers', 'fire', 'move', 'drop', 'fail'),
  from: fc.nat(3000),
  count: fc.nat(2500),
  text: fc.boolean(),
  namespace: fc.nat(1),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const take = (store: Store, key: unknown): void => store.setCurrentKey(key, hashValue(key));

const act = (store: Store, { kind, from, count, text, namespace }: Action): void => {
  const keyGroup = from % keyGroups;
  const keys = Array.from({ length: count }, (_, i) => (text ? `key ${from + i}` : from + i));
  const [total, last] = [handleOf(store, 'total'), handleOf(store, 'last')];
  if (kind === 'fire') while (store.eventTimers.pollDue(from));
  if (kind === 'drop') store.dropKeyGroup(keyGroup);
  if (kind === 'move') {
    const bytes = store.exportKeyGroup(keyGroup);
    if (bytes !== undefined) store.importKeyGroup(keyGroup, bytes);
  }
  for (const key of keys) {
    if (kind === 'fail') store.beginRecord();
    take(store, key);
    if (kind === 'write' || kind === 'fail') total.update(1);
    if (kind === 'write') last.update(2);
    if (kind === 'timers') store.eventTimers.register(from + key.toString().length, namespace);
    if (kind === 'clear') {
      total.clear();
      last.clear();
    }
    if (kind === 'fail') store.rollbackRecord();
  }
};

describe('the account of a keyed store', () => {
  it('counts the arrays that are there, after any history of writes, timers, moves and failures', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
        const account = new MemoryAccount();
        const store = createStore(account);
        for (const one of actions) {
          act(store, one);
          expect(account.usedBytes).toBe(reachableBytes(store));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('counts a group that was dropped no more', () => {
    const account = new MemoryAccount();
    const store = createStore(account);
    const empty = account.usedBytes;
    act(store, { kind: 'write', from: 0, count: 10_000, text: true, namespace: 0 });
    act(store, { kind: 'timers', from: 0, count: 10_000, text: true, namespace: 0 });
    expect(account.usedBytes).toBeGreaterThan(empty + 10_000 * 20);
    for (let keyGroup = 0; keyGroup < keyGroups; keyGroup++) store.dropKeyGroup(keyGroup);
    expect(account.usedBytes).toBe(empty);
  });
});

describe('the account of groups that were large and are empty', () => {
  it('shrinks with what they give back', () => {
    const account = new MemoryAccount();
    const store = createStore(account);
    act(store, { kind: 'write', from: 0, count: 20_000, text: false, namespace: 0 });
    const full = account.usedBytes;
    act(store, { kind: 'clear', from: 0, count: 20_000, text: false, namespace: 0 });
    store.clearCurrentKey();
    expect(account.usedBytes).toBe(reachableBytes(store));
    expect(account.usedBytes).toBeLessThan(full / 20);
  });
});

describe('the account of a key index', () => {
  const keyOf = fc.oneof(fc.nat(2000), fc.string({ maxLength: 8 }), fc.tuple(fc.nat(50), fc.string()));
  const step = fc.record({
    kind: fc.constantFrom('insert', 'insert', 'remove', 'compact', 'clear'),
    keys: fc.array(keyOf, { maxLength: 300 }),
  });

  it('is what the index reports and what is there, through growth, removal and the change to bytes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        const account = new MemoryAccount();
        const index = new KeyIndex(account);
        for (const { kind, keys } of steps) {
          if (kind === 'compact') index.compact();
          if (kind === 'clear') index.clear();
          for (const key of keys) {
            if (kind === 'insert') index.findOrInsert(key, hashValue(key));
            const row = index.find(key, hashValue(key));
            if (kind === 'remove' && row >= 0) index.remove(row);
          }
          expect(account.usedBytes).toBe(index.memoryBytes());
          expect(account.usedBytes).toBe(reachableBytes(index));
        }
      }),
    );
  });
});

describe('the account of a table of accumulators', () => {
  it('counts what is there, and nothing when the table is given up', () => {
    const account = new MemoryAccount();
    const table = new AccumulatorTable({ columns: [0, 1], heapColumns: 1 }, account.open());
    for (let key = 0; key < 5000; key++) {
      table.rowFor(key, hashValue(key));
      if (key % 3 === 0) table.remove(table.find(key, hashValue(key)));
    }
    expect(account.usedBytes).toBe(reachableBytes(table));
    table.clear();
    expect(account.usedBytes).toBe(reachableBytes(table));
    table.free();
    expect(account.usedBytes).toBe(0);
  });
});

describe('state that outgrows its limit', () => {
  const refusing = (bytes: number): MemoryAccount =>
    new MemoryAccount({
      bytes,
      refuse: ({ owner }) => {
        throw new Error(`refused ${owner['state']}`);
      },
    });

  it('is refused by the name of the state that grew', () => {
    const store = createStore(refusing(100_000));
    const writeAll = (): void =>
      act(store, { kind: 'write', from: 0, count: 50_000, text: false, namespace: 0 });
    expect(writeAll).toThrow(/^refused (keys|total|last)$/);
  });

  it('is refused by the domain of the timers that grew', () => {
    const store = createStore(refusing(100_000));
    const register = (): void => {
      take(store, 'one');
      for (let timeMs = 0; timeMs < 50_000; timeMs++) store.processingTimers.register(timeMs);
    };
    expect(register).toThrow('refused processing-time timers');
  });

  it('can be rolled back to what was there before the record', () => {
    const store = createStore(refusing(100_000));
    const total = handleOf(store, 'total');
    let key = 0;
    const write = (): void => {
      store.beginRecord();
      take(store, key);
      total.update(key);
      store.commitRecord();
    };
    expect(() => {
      for (; key < 50_000; key++) write();
    }).toThrow('refused');
    store.rollbackRecord();
    const keys = Array.from({ length: keyGroups }, (_, keyGroup) => [
      ...store.keys(keyGroup, 'total'),
    ]).flat();
    expect(keys.length).toBe(key);
    expect(keys.every((known) => keyGroupOf(hashValue(known), keyGroups) < keyGroups)).toBe(true);
    expect(keys).not.toContain(key);
  });
});
