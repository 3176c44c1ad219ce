import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListState, listState, type ValueState, valueState } from '../../src/api/state.ts';
import { hashNumber, hashValue } from '../../src/batch/hash.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { type Backend, backends } from './backends.ts';
import { expectSameState } from './compare-stores.ts';
import { StoreModel } from './store-model.ts';
import { fewKeys, recordPlans, runRecord, StoreUnderTest } from './store-under-test.ts';
import { anyKey } from './values.ts';

const maxParallelisms = fc.constantFrom(1, 2, 7, 128);

const createStore = (): KeyedStore => new KeyedStore({ maxParallelism: 16, nowMs: () => 0 });
const numberState = (store: KeyedStore, name = 'count'): ValueState<number, number> =>
  store.register(valueState(name, { default: 0, type: 'number' })) as ValueState<number, number>;
const take = (store: KeyedStore, key: unknown): void => store.setCurrentKey(key, hashValue(key));

/** The error that a call throws. */
const errorOf = (call: () => unknown): MillraceError => {
  try {
    call();
  } catch (error) {
    if (MillraceError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const create = (maxParallelism: number, { space }: Backend): StoreUnderTest =>
  new StoreUnderTest(maxParallelism, () => 0, space());

describe.each(backends)('keyed state in $name', (backend) => {
  it('is what a map of plain objects would hold, for every kind of state and key', async () => {
    const plansOfKeys = recordPlans(fc.oneof(fewKeys, anyKey));
    await fc.assert(
      fc.asyncProperty(plansOfKeys, maxParallelisms, async (plans, maxParallelism) => {
        const [real, model] = [create(maxParallelism, backend), new StoreModel()];
        for (const plan of plans) {
          runRecord(real, model, plan, false);
          await backend.between();
        }
        expectSameState(real, model);
      }),
      { numRuns: 200 },
    );
  });

  it('is as it was before a record that failed, whatever the record did', async () => {
    await fc.assert(
      fc.asyncProperty(recordPlans(fewKeys), maxParallelisms, async (plans, maxParallelism) => {
        const [real, model] = [create(maxParallelism, backend), new StoreModel()];
        for (const plan of plans) {
          runRecord(real, model, plan, true);
          if (plan.fails) expectSameState(real, model);
          await backend.between();
        }
        expectSameState(real, model);
      }),
      { numRuns: 200 },
    );
  });
});

describe('keyed state', () => {
  it('is the same whether or not records may be undone', () => {
    fc.assert(
      fc.property(recordPlans(fewKeys), (plans) => {
        const [plain, recording, model] = [new StoreUnderTest(16), new StoreUnderTest(16), new StoreModel()];
        const succeeding = plans.map((plan) => ({ ...plan, fails: false }));
        for (const plan of succeeding) runRecord(plain, model, plan, false);
        for (const plan of succeeding) runRecord(recording, new StoreModel(), plan, true);
        expectSameState(plain, model);
        expectSameState(recording, model);
      }),
    );
  });

  it('is kept apart by key, and the key in hand can be asked for', () => {
    const store = createStore();
    const count = numberState(store);
    for (const key of ['a', 'b', 'a', 1, 1n, 'a']) {
      take(store, key);
      count.update(count.value() + 1);
      expect(store.currentKey).toBe(key);
    }
    const counts = ['a', 'b', 1, 1n, '1'].map((key) => {
      take(store, key);
      return count.value();
    });
    expect(counts).toEqual([3, 1, 1, 1, 0]);
  });

  it('takes no memory for keys that were only read', () => {
    const store = createStore();
    const count = numberState(store);
    for (let key = 0; key < 1000; key++) {
      take(store, key);
      expect(count.value()).toBe(0);
      count.clear();
    }
    expect(store.keyCount).toBe(0);
  });

  it('forgets a key when the last of its state is cleared', () => {
    const store = createStore();
    const [count, other] = [numberState(store), numberState(store, 'other')];
    take(store, 'a');
    count.update(1);
    other.update(2);
    count.clear();
    expect(store.keyCount).toBe(1);
    other.clear();
    expect(store.keyCount).toBe(0);
    other.update(3);
    expect(other.value()).toBe(3);
    expect(store.keyCount).toBe(1);
  });

  it('gives its memory back when all keys of many have gone', () => {
    const store = createStore();
    const count = numberState(store);
    const empty = store.memoryBytes();
    for (let key = 0; key < 50_000; key++) {
      store.setCurrentKey(key, hashNumber(key));
      count.update(key);
    }
    const full = store.memoryBytes();
    for (let key = 0; key < 50_000; key++) {
      store.setCurrentKey(key, hashNumber(key));
      count.clear();
    }
    expect(store.keyCount).toBe(0);
    expect(store.memoryBytes() - empty).toBeLessThan((full - empty) / 20);
  });

  it('names the keys of a key group that have a state', () => {
    const store = createStore();
    const [count, other] = [numberState(store), numberState(store, 'other')];
    for (let key = 0; key < 100; key++) {
      take(store, key);
      (key % 2 === 0 ? count : other).update(key);
    }
    const keys: unknown[] = [];
    for (let group = 0; group < 16; group++) keys.push(...store.keys(group, 'count'));
    expect(keys.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 50 }, (_, i) => i * 2));
    expect([...store.keys(0, 'unknown')]).toEqual([]);
  });

  it('gives each key a default of its own where a default can be changed', () => {
    const store = createStore();
    const state = store.register(valueState('tags', { default: [] as string[] })) as ValueState<
      string[],
      string[]
    >;
    take(store, 'a');
    state.value().push('lost');
    expect(state.value()).toEqual([]);
    const tags = state.value();
    tags.push('kept');
    state.update(tags);
    expect(state.value()).toEqual(['kept']);
  });

  it('does not hold on to a list that it was given', () => {
    const store = createStore();
    const list = store.register(listState('list')) as ListState<number>;
    take(store, 'a');
    const values = [1, 2];
    list.update(values);
    values.push(3);
    expect(list.get()).toEqual([1, 2]);
  });

  it('leaves a list as it was when what is to be added throws', () => {
    const store = createStore();
    const list = store.register(listState('list')) as ListState<number>;
    take(store, 'a');
    list.add(1);
    const failing = function* (): Generator<number> {
      yield 2;
      throw new Error('no more');
    };
    expect(() => list.addAll(failing())).toThrow('no more');
    expect(list.get()).toEqual([1]);
  });
});

describe('registering state', () => {
  it('gives the same handle for the same state', () => {
    const store = createStore();
    expect(numberState(store)).toBe(numberState(store));
  });

  it('refuses a name that another kind of state has', () => {
    const store = createStore();
    numberState(store);
    const error = errorOf(() => store.register(listState('count')));
    expect(error.code).toBe('job-invalid');
    expect(error.message).toContain('“count”');
    expect(error.message).toContain('a value state of type number');
    expect(errorOf(() => store.register(valueState('count'))).code).toBe('job-invalid');
  });

  it('can happen when there is state already', () => {
    const store = createStore();
    const count = numberState(store);
    take(store, 'a');
    count.update(1);
    const later = numberState(store, 'later');
    expect(later.value()).toBe(0);
    later.update(5);
    expect([count.value(), later.value()]).toEqual([1, 5]);
  });
});

describe('misused state', () => {
  it('cannot be written without a key', () => {
    const store = createStore();
    const count = numberState(store);
    expect(count.value()).toBe(0);
    const error = errorOf(() => count.update(1));
    expect(error.code).toBe('user-code');
    take(store, 'a');
    count.update(1);
    store.clearCurrentKey();
    expect(count.value()).toBe(0);
    expect(store.currentKey).toBe(undefined);
    expect(errorOf(() => count.update(1)).message).toContain('no key');
    expect(errorOf(() => store.eventTimers.register(1)).message).toContain('no key');
    take(store, 'a');
    expect(count.value()).toBe(1);
  });

  it('of type number refuses other values by name', () => {
    const store = createStore();
    const count = numberState(store) as ValueState<unknown, number>;
    take(store, 'a');
    const error = errorOf(() => count.update('1'));
    expect(error.code).toBe('value-unsupported');
    expect(error.message).toContain('“count”');
    expect(store.keyCount).toBe(0);
  });
});

describe('a large keyed store', () => {
  it('holds a number for each of 200,000 keys in at most 45 bytes each', () => {
    const store = new KeyedStore({ maxParallelism: 128, nowMs: () => 0 });
    const count = numberState(store);
    for (let round = 0; round < 2; round++) {
      for (let key = 0; key < 200_000; key++) {
        store.setCurrentKey(key, hashNumber(key));
        count.update(count.value() + 1);
      }
    }
    expect(store.keyCount).toBe(200_000);
    expect(store.memoryBytes() / 200_000).toBeLessThanOrEqual(45);
    take(store, 123_456);
    expect(count.value()).toBe(2);
  });
});
