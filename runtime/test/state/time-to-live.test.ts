import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ListState,
  listState,
  type MapState,
  mapState,
  type ReducingState,
  reducingState,
  type TimeToLive,
  type ValueState,
  valueState,
} from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

fc.configureGlobal({ seed: 20_011 });

const lifeMs = 5;

/** What a value with a time to live does, in the obvious form. */
class Cell<T> {
  private held: { value: T; expiryMs: number } | undefined;
  private readonly ttl: TimeToLive;

  constructor(ttl: TimeToLive) {
    this.ttl = ttl;
  }

  read(nowMs: number): T | undefined {
    const { held } = this;
    if (held === undefined) return undefined;
    if (nowMs >= held.expiryMs) {
      if (this.ttl.returnExpired !== true) this.held = undefined;
      return this.held?.value;
    }
    if (this.ttl.refreshOn === 'read') held.expiryMs = nowMs + lifeMs;
    return held.value;
  }

  write(value: T, nowMs: number): void {
    const keeps = this.ttl.refreshOn === 'create' && this.held !== undefined && nowMs < this.held.expiryMs;
    this.held = { value, expiryMs: keeps ? this.held!.expiryMs : nowMs + lifeMs };
  }

  clear(): void {
    this.held = undefined;
  }

  expire(nowMs: number): void {
    if (this.held !== undefined && nowMs >= this.held.expiryMs) this.held = undefined;
  }

  get isEmpty(): boolean {
    return this.held === undefined;
  }
}

class Clock {
  nowMs = 1000;
}

/** A state of each kind with the same time to live. */
const createStates = (ttl: TimeToLive, maxParallelism = 4) => {
  const clock = new Clock();
  const store = new KeyedStore({ maxParallelism, nowMs: () => clock.nowMs });
  const add = (left: unknown, right: unknown): unknown => Number(left) + Number(right);
  return {
    clock,
    store,
    take: (key: unknown): void => store.setCurrentKey(key, hashValue(key)),
    number: store.register(valueState('number', { ttl, type: 'number' })) as ValueState<number>,
    any: store.register(valueState('any', { ttl })) as ValueState<string>,
    list: store.register(listState('list', { ttl })) as ListState<number>,
    sum: store.register(reducingState('sum', add, { ttl })) as ReducingState<number>,
    map: store.register(mapState('map', { ttl })) as MapState<string, number>,
  };
};

type States = ReturnType<typeof createStates>;

const createModel = (ttl: TimeToLive) => ({
  number: new Cell<number>(ttl),
  any: new Cell<string>(ttl),
  list: new Cell<readonly number[]>(ttl),
  sum: new Cell<number>(ttl),
  x: new Cell<number>(ttl),
  y: new Cell<number>(ttl),
});

type Model = ReturnType<typeof createModel>;

const unlimited = { take: (): boolean => true };

const compare = ({ number, any, list, sum, map }: States, model: Model, nowMs: number): void => {
  expect(number.value()).toBe(model.number.read(nowMs));
  expect(any.value()).toBe(model.any.read(nowMs));
  expect(list.get()).toEqual(model.list.read(nowMs) ?? []);
  expect(sum.get()).toBe(model.sum.read(nowMs));
  expect(map.get('x')).toBe(model.x.read(nowMs));
  expect(map.get('y')).toBe(model.y.read(nowMs));
  const entries = [...map.entries()].sort(([one], [two]) => one.localeCompare(two));
  const held = [
    ['x', model.x.read(nowMs)],
    ['y', model.y.read(nowMs)],
  ].filter(([, value]) => value !== undefined);
  expect(entries).toEqual(held);
  expect(map.isEmpty()).toBe(held.length === 0);
  expect(map.has('x')).toBe(model.x.read(nowMs) !== undefined);
};

const act = (states: States, model: Model, action: number, value: number): void => {
  const { number, any, list, sum, map, store } = states;
  const { nowMs } = states.clock;
  switch (action) {
    case 0:
      number.update(value);
      return model.number.write(value, nowMs);
    case 1:
      any.update(`text ${value}`);
      return model.any.write(`text ${value}`, nowMs);
    case 2:
      list.add(value);
      return model.list.write([...(model.list.read(nowMs) ?? []), value], nowMs);
    case 3:
      sum.add(value);
      return model.sum.write((model.sum.read(nowMs) ?? 0) + value, nowMs);
    case 4:
      map.put(value % 2 === 0 ? 'x' : 'y', value);
      return model[value % 2 === 0 ? 'x' : 'y'].write(value, nowMs);
    case 5:
      map.delete('x');
      return model.x.clear();
    case 6:
      any.clear();
      return model.any.clear();
    case 7:
      expect(store.removeExpired(unlimited)).toBe(true);
      for (const cell of Object.values(model)) cell.expire(nowMs);
      return;
    case 8:
      return compare(states, model, nowMs);
    default:
      states.clock.nowMs += value;
  }
};

const policies: readonly TimeToLive[] = (['create', 'write', 'read'] as const).flatMap((refreshOn) =>
  [false, true].map((returnExpired) => ({ after: lifeMs, refreshOn, returnExpired })),
);

describe('a time to live', () => {
  for (const ttl of policies) {
    const name = `${ttl.refreshOn}, ${ttl.returnExpired === true ? 'returning what has expired' : 'hiding what has expired'}`;
    it(`that is renewed on ${name} does what single cells with an expiry do`, () => {
      const steps = fc.array(fc.tuple(fc.nat(11), fc.nat(7)), { maxLength: 80, size: 'max' });
      fc.assert(
        fc.property(steps, fc.boolean(), (sequence, recording) => {
          const [states, model] = [createStates(ttl), createModel(ttl)];
          states.take('key');
          for (const [action, value] of sequence) {
            const records = recording && action !== 7;
            if (records) states.store.beginRecord();
            act(states, model, action, value);
            if (records) states.store.commitRecord();
          }
          compare(states, model, states.clock.nowMs);
          states.store.removeExpired(unlimited);
          for (const cell of Object.values(model)) cell.expire(states.clock.nowMs);
          expect(states.store.keyCount).toBe(Object.values(model).every(({ isEmpty }) => isEmpty) ? 0 : 1);
        }),
      );
    });
  }

  it('counts for each entry of a map alone', () => {
    const { take, map, clock } = createStates({ after: '1s' });
    take('key');
    map.put('x', 1);
    clock.nowMs += 600;
    map.put('y', 2);
    clock.nowMs += 600;
    expect([...map.entries()]).toEqual([['y', 2]]);
    map.put('x', 3);
    expect([...map.keys()]).toEqual(['y', 'x']);
  });

  it('is taken back with the record that renewed it', () => {
    const { take, store, number, map, clock } = createStates({ after: lifeMs });
    take('key');
    number.update(1);
    map.put('x', 1);
    clock.nowMs += 3;
    store.beginRecord();
    number.update(2);
    map.put('x', 2);
    store.rollbackRecord();
    expect([number.value(), map.get('x')]).toEqual([1, 1]);
    clock.nowMs += 2;
    expect([number.value(), map.get('x')]).toEqual([undefined, undefined]);
  });

  it('is not renewed by what a record read that failed', () => {
    const { take, store, number, map, clock } = createStates({ after: lifeMs, refreshOn: 'read' });
    take('key');
    number.update(1);
    map.put('x', 1);
    clock.nowMs += 3;
    store.beginRecord();
    expect([number.value(), map.get('x')]).toEqual([1, 1]);
    store.rollbackRecord();
    clock.nowMs += 2;
    expect([number.value(), map.get('x')]).toEqual([undefined, undefined]);
  });

  it('brings back what was found expired by a record that failed, until it is removed', () => {
    const { take, store, number, clock } = createStates({ after: lifeMs });
    take('key');
    number.update(1);
    clock.nowMs += lifeMs;
    store.beginRecord();
    expect(number.value()).toBe(undefined);
    store.rollbackRecord();
    expect(store.keyCount).toBe(1);
    store.removeExpired(unlimited);
    expect(store.keyCount).toBe(0);
  });

  it('is checked when the state is registered', () => {
    const store = new KeyedStore({ maxParallelism: 1, nowMs: () => 0 });
    expect(() => store.register(valueState('a', { ttl: { after: 'soon' as '1s' } }))).toThrow('“a”');
  });
});

describe('removing what has expired', () => {
  it('goes on where its budget ended, and visits every row once', () => {
    const { store, take, number, clock } = createStates({ after: lifeMs });
    for (let key = 0; key < 100; key++) {
      take(key);
      number.update(key);
      if (key === 49) clock.nowMs += 3;
    }
    clock.nowMs += 2;
    let left = 0;
    const budget = { take: (): boolean => left-- > 0 };
    let slices = 0;
    for (let done = false; !done; slices++) {
      left = 7;
      done = store.removeExpired(budget);
    }
    expect(slices).toBe(Math.ceil(101 / 7));
    expect(store.keyCount).toBe(50);
  });

  it('keeps the key in hand, or forgets its row', () => {
    const { store, take, number, clock } = createStates({ after: lifeMs });
    take('a');
    number.update(1);
    clock.nowMs += lifeMs;
    store.removeExpired(unlimited);
    expect(store.keyCount).toBe(0);
    expect(store.currentKey).toBe('a');
    number.update(2);
    expect(number.value()).toBe(2);
  });

  it('says when it is worth doing again, and never where nothing expires', () => {
    const { store, take, number, clock } = createStates({ after: '10s' });
    const lasting = new KeyedStore({ maxParallelism: 1, nowMs: () => 0 });
    lasting.register(valueState('a'));
    expect(lasting.nextCleanUpMs()).toBe(Infinity);
    expect(lasting.removeExpired(unlimited)).toBe(true);
    expect(store.nextCleanUpMs()).toBe(Infinity);
    take('a');
    number.update(1);
    expect(store.nextCleanUpMs()).toBe(clock.nowMs + 10_000);
    clock.nowMs += 10_000;
    store.removeExpired(unlimited);
    expect(store.nextCleanUpMs()).toBe(Infinity);
  });

  it('hides from the list of keys what has expired and was not yet removed', () => {
    const { store, take, number, clock } = createStates({ after: lifeMs }, 1);
    take('a');
    number.update(1);
    expect([...store.keys(0, 'number')]).toEqual(['a']);
    clock.nowMs += lifeMs;
    expect([...store.keys(0, 'number')]).toEqual([]);
  });
});

describe('a time to live of moved state', () => {
  const move = (from: KeyedStore, to: KeyedStore): void => to.importKeyGroup(0, from.exportKeyGroup(0)!);

  it('goes on where it was', () => {
    const [one, two] = [createStates({ after: lifeMs }, 1), createStates({ after: lifeMs }, 1)];
    one.take('a');
    one.number.update(1);
    one.map.put('x', 2);
    two.clock.nowMs += 3;
    move(one.store, two.store);
    two.take('a');
    expect([two.number.value(), two.map.get('x')]).toEqual([1, 2]);
    two.clock.nowMs += 2;
    expect([two.number.value(), two.map.get('x')]).toEqual([undefined, undefined]);
  });

  it('is followed by increments, which name what has expired', () => {
    const clock = new Clock();
    const create = (): { store: KeyedStore; kept: ValueState<number>; brief: ValueState<number> } => {
      const store = new KeyedStore({ maxParallelism: 1, nowMs: () => clock.nowMs, tracksRemovals: true });
      const kept = store.register(valueState('kept', { type: 'number' })) as ValueState<number>;
      const brief = store.register(valueState('brief', { type: 'number', ttl: { after: lifeMs } }));
      return { store, kept, brief: brief as ValueState<number> };
    };
    const [leader, follower] = [create(), create()];
    for (const key of ['a', 'b']) {
      leader.store.setCurrentKey(key, hashValue(key));
      leader.brief.update(1);
      if (key === 'a') leader.kept.update(2);
    }
    follower.store.importKeyGroup(0, leader.store.exportKeyGroup(0)!);
    const epoch = leader.store.flipEpoch();
    expect(leader.store.exportChanges(0, epoch)).toBe(undefined);
    clock.nowMs += lifeMs;
    leader.store.removeExpired(unlimited);
    follower.store.applyChanges(0, leader.store.exportChanges(0, epoch)!);
    clock.nowMs -= 1;
    expect(follower.store.keyCount).toBe(1);
    follower.store.setCurrentKey('a', hashValue('a'));
    expect([follower.kept.value(), follower.brief.value()]).toEqual([2, undefined]);
  });

  it('starts anew where there was none, and ends where there is none any more', () => {
    const clock = new Clock();
    const create = (ttl?: TimeToLive, early = true) => {
      const store = new KeyedStore({ maxParallelism: 1, nowMs: () => clock.nowMs });
      const register = () => ({
        number: store.register(
          valueState('n', { type: 'number', ...(ttl && { ttl }) }),
        ) as ValueState<number>,
        map: store.register(mapState('m', ttl && { ttl })) as MapState<string, number>,
      });
      return { store, handles: early ? register() : undefined, register };
    };
    const read = (store: KeyedStore, { number, map }: ReturnType<ReturnType<typeof create>['register']>) => {
      store.setCurrentKey('a', hashValue('a'));
      return [number.value(), map.get('x')];
    };
    for (const [before, after] of [
      [undefined, { after: lifeMs }],
      [{ after: lifeMs }, undefined],
    ]) {
      for (const early of [true, false]) {
        const [from, to] = [create(before), create(after, early)];
        from.store.setCurrentKey('a', hashValue('a'));
        from.handles!.number.update(1);
        from.handles!.map.put('x', 2);
        move(from.store, to.store);
        const handles = to.handles ?? to.register();
        clock.nowMs += lifeMs - 1;
        expect(read(to.store, handles)).toEqual([1, 2]);
        clock.nowMs += 1;
        expect(read(to.store, handles)).toEqual(after === undefined ? [1, 2] : [undefined, undefined]);
        handles.map.put('y', 3);
        expect(handles.map.get('y')).toBe(3);
      }
    }
  });
});
