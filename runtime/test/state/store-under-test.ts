import fc from 'fast-check';
import {
  type AggregatingState,
  aggregatingState,
  type ListState,
  listState,
  type MapState,
  mapState,
  type ReducingState,
  reducingState,
  type ValueState,
  valueState,
} from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { cloneValue } from '../../src/batch/values.ts';
import type { DiskSpace } from '../../src/state/disk-space.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import type { StoreModel } from './store-model.ts';
import { anyValue } from './values.ts';

interface Handles {
  readonly number: ValueState<number, number>;
  readonly any: ValueState<unknown, unknown>;
  readonly list: ListState<unknown>;
  readonly map: MapState<unknown, unknown>;
  readonly reduced: ReducingState<unknown>;
  readonly accumulated: AggregatingState<unknown, unknown>;
}

const collect = {
  create: (): unknown[] => [],
  // In place, as aggregates mostly do.
  add: (accumulator: unknown[], value: unknown): unknown[] => {
    accumulator.push(value);
    return accumulator;
  },
  result: (accumulator: unknown[]): unknown => [accumulator.length, accumulator.at(-1)],
};

/** Reduces to the list of both, changing the left one in place where it is a list. */
const join = (left: unknown, right: unknown): unknown => {
  if (!Array.isArray(left)) return [left, right];
  left.push(right);
  return left;
};

/** A store with a state of each kind. */
export class StoreUnderTest {
  readonly store: KeyedStore;
  readonly states: Handles;

  constructor(maxParallelism: number, nowMs: () => number = () => 0, disk?: DiskSpace) {
    this.store = new KeyedStore({ maxParallelism, nowMs, tracksRemovals: true, disk });
    const { store } = this;
    this.states = {
      number: store.register(valueState('number', { default: -1, type: 'number' })) as Handles['number'],
      any: store.register(valueState('any')) as Handles['any'],
      list: store.register(listState('list')) as Handles['list'],
      map: store.register(mapState('map')) as Handles['map'],
      reduced: store.register(reducingState('reduced', join)) as Handles['reduced'],
      accumulated: store.register(aggregatingState('accumulated', collect)) as Handles['accumulated'],
    };
  }

  setKey(key: unknown): void {
    this.store.setCurrentKey(key, hashValue(key));
  }
}

/** One thing done to a store and to its model; `a` and `b` are the values it uses. */
type Action = (real: StoreUnderTest, model: StoreModel, a: unknown, b: unknown) => void;

const small = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value % 5 : 3);

/** Changes what was handed out, as users do before they give it back. */
const spoil = (value: unknown): void => {
  if (Array.isArray(value)) value.push('spoilt');
  else if (typeof value === 'object' && value !== null) (value as Record<string, unknown>)['spoilt'] = true;
};

const actions: readonly Action[] = [
  ({ states }, { state }, a) => {
    states.number.update(small(a));
    state.number = small(a);
  },
  ({ states }, { state }) => {
    states.number.update(states.number.value() + 1);
    state.number = (state.number ?? -1) + 1;
  },
  ({ states }, { state }) => {
    states.number.clear();
    state.number = undefined;
  },
  ({ states }, { state }, a) => {
    states.any.update(cloneValue(a));
    state.any = { value: cloneValue(a) };
  },
  ({ states }, { state }) => {
    const value = states.any.value();
    spoil(value);
    if (value !== undefined) states.any.update(value);
    spoil(state.any?.value);
  },
  ({ states }, { state }) => {
    states.any.clear();
    state.any = undefined;
  },
  ({ states }, { state }, a) => {
    states.list.add(cloneValue(a));
    state.list.push(cloneValue(a));
  },
  ({ states }, { state }, a, b) => {
    states.list.addAll(cloneValue([a, b]));
    state.list.push(...cloneValue([a, b]));
  },
  ({ states }, { state }) => {
    for (const item of states.list.get()) spoil(item);
    for (const item of state.list) spoil(item);
  },
  ({ states }, { state }, a) => {
    const values = small(a) > 2 ? [] : [cloneValue(a)];
    states.list.update(values);
    state.list = cloneValue(values);
  },
  ({ states }, { state }) => {
    states.list.clear();
    state.list = [];
  },
  ({ states }, { state }, a, b) => {
    const key = small(a) > 2 ? ['key', small(a)] : small(a);
    states.map.put(cloneValue(key), cloneValue(b));
    const known = state.map.find(([held]) => hashValue(held) === hashValue(key));
    if (known === undefined) state.map.push([key, cloneValue(b)]);
    else known[1] = cloneValue(b);
  },
  ({ states }, { state }, a) => {
    const key = small(a) > 2 ? ['key', small(a)] : small(a);
    states.map.delete(key);
    state.map = state.map.filter(([held]) => hashValue(held) !== hashValue(key));
  },
  ({ states }, { state }) => {
    // Taking entries out of a map while looping over it.
    for (const [key, value] of states.map.entries()) if (value === null) states.map.delete(key);
    state.map = state.map.filter(([, value]) => value !== null);
  },
  ({ states }, { state }) => {
    for (const value of states.map.values()) spoil(value);
    for (const [, value] of state.map) spoil(value);
  },
  ({ states }, { state }) => {
    spoil(states.map.get(3));
    spoil(state.map.find(([key]) => key === 3)?.[1]);
  },
  ({ states }, { state }) => {
    states.map.clear();
    state.map = [];
  },
  ({ states }, { state }, a) => {
    states.reduced.add(cloneValue(a));
    state.reduced = {
      value: state.reduced === undefined ? cloneValue(a) : join(state.reduced.value, cloneValue(a)),
    };
  },
  ({ states }, { state }) => {
    states.reduced.clear();
    state.reduced = undefined;
  },
  ({ states }, { state }, a) => {
    states.accumulated.add(cloneValue(a));
    state.accumulated = { values: [...(state.accumulated?.values ?? []), cloneValue(a)] };
  },
  ({ states }, { state }) => {
    states.accumulated.clear();
    state.accumulated = undefined;
  },
];

const timerActions: readonly Action[] = [
  ({ store }, { state }, a, b) => {
    store.eventTimers.register(small(a), small(b));
    const known = state.event.some(([timeMs, space]) => timeMs === small(a) && space === small(b));
    if (!known) state.event.push([small(a), small(b)]);
  },
  ({ store }, { state }, a, b) => {
    store.eventTimers.delete(small(a), small(b));
    state.event = state.event.filter(([timeMs, space]) => timeMs !== small(a) || space !== small(b));
  },
  ({ store }, { state }, a) => {
    store.processingTimers.register(small(a));
    if (!state.processing.some(([timeMs]) => timeMs === small(a))) state.processing.push([small(a), 0]);
  },
  ({ store }, { state }, a) => {
    store.processingTimers.delete(small(a));
    state.processing = state.processing.filter(([timeMs]) => timeMs !== small(a));
  },
];

const allActions = [...actions, ...timerActions];

/** What one record does: takes keys in hand, acts on them, and fails or not. */
export interface RecordPlan {
  readonly fails: boolean;
  readonly parts: readonly {
    readonly key: unknown;
    readonly acts: readonly Act[];
  }[];
}

/** One act: the number of an action and the two values it uses. */
export type Act = readonly [action: number, a: unknown, b: unknown];

const act = fc.tuple(fc.nat(allActions.length - 1), anyValue, anyValue);

/** Registers timers of both time domains, most of them of few times and one namespace. */
export const timerActsOnly: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.tuple(
    fc.constantFrom(actions.length, actions.length, actions.length + 2),
    fc.nat(3),
    fc.constantFrom(0, 0, 1),
  ),
  { maxLength: 4, size: 'max' },
);

/** Acts on the key in hand. */
export const someActs: fc.Arbitrary<readonly Act[]> = fc.array(act, { maxLength: 6, size: 'max' });

/** Does the same to the key in hand of a store and of its model. */
export const perform = (real: StoreUnderTest, model: StoreModel, acts: readonly Act[]): void => {
  for (const [action, a, b] of acts) allActions[action]!(real, model, a, b);
};

/** So few that most of what a record does meets what others have done. */
export const fewKeys: fc.Arbitrary<unknown> = fc.constantFrom<unknown>('a', 1, ['pair', 2]);

/** Records of one key or two; so many of them at most, and so many acts a key. */
export const recordPlans = (
  keys: fc.Arbitrary<unknown>,
  most = { records: 20, acts: 12 },
): fc.Arbitrary<readonly RecordPlan[]> => {
  const part = fc.record({ key: keys, acts: fc.array(act, { maxLength: most.acts, size: 'max' }) });
  const plan = fc.record({ fails: fc.boolean(), parts: fc.array(part, { minLength: 1, maxLength: 2 }) });
  return fc.array(plan, { maxLength: most.records, size: 'max' });
};

/** Runs a record on both; with `undo` as one that may fail, otherwise it never does. */
export const runRecord = (real: StoreUnderTest, model: StoreModel, plan: RecordPlan, undo: boolean): void => {
  if (undo) {
    real.store.beginRecord();
    model.begin();
  }
  for (const { key, acts } of plan.parts) {
    real.setKey(key);
    model.setKey(key);
    perform(real, model, acts);
  }
  if (!undo) return;
  if (plan.fails) {
    real.store.rollbackRecord();
    model.rollback();
  } else {
    real.store.commitRecord();
    model.commit();
  }
};
