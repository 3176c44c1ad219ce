import fc from 'fast-check';
import { type MapState, mapState, type ValueState, valueState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import type { DiskSpace } from '../../src/state/disk-space.ts';
import { type KeyModel, type Lived, StoreModel } from './store-model.ts';
import { StoreUnderTest } from './store-under-test.ts';

/** A clock that a test moves. */
export class Clock {
  nowMs = 1000;
}

const lifeMs = 5;

/** A store that also has a value that ends, and a map whose entries end unless they are read. */
export class LivingStore extends StoreUnderTest {
  readonly brief: ValueState<number>;
  readonly visits: MapState<unknown, unknown>;

  constructor(maxParallelism: number, clock: Clock, disk?: DiskSpace) {
    super(maxParallelism, () => clock.nowMs, disk);
    const { store } = this;
    const brief = valueState<number>('brief', { type: 'number', ttl: { after: lifeMs } });
    this.brief = store.register(brief) as ValueState<number>;
    this.visits = store.register(
      mapState('visits', { ttl: { after: lifeMs, refreshOn: 'read' } }),
    ) as MapState<unknown, unknown>;
  }
}

/** The same in the obvious form. */
export class LivingModel extends StoreModel {
  readonly clock: Clock;

  constructor(clock: Clock) {
    super();
    this.clock = clock;
  }

  isAlive({ expiryMs }: Lived): boolean {
    return this.clock.nowMs < expiryMs;
  }

  born(value: unknown): Lived {
    return { value, expiryMs: this.clock.nowMs + lifeMs };
  }

  /** Removes what has expired under these keys. */
  expire(keys: Iterable<KeyModel>): void {
    for (const state of keys) {
      if (state.brief !== undefined && !this.isAlive(state.brief)) state.brief = undefined;
      state.visits = (state.visits ?? []).filter(([, held]) => this.isAlive(held));
    }
  }
}

const isKey =
  (key: unknown) =>
  ([held]: readonly [unknown, Lived]): boolean =>
    hashValue(held) === hashValue(key);

/** Reads what may end, as the handles say it. A value found expired is gone; an entry that is read lives on. */
export const readLiving = ({ brief, visits }: LivingStore): unknown => ({
  brief: brief.value(),
  entries: [...visits.entries()],
  isEmpty: visits.isEmpty(),
});

export const readLivingModel = (state: KeyModel, model: LivingModel): unknown => {
  if (state.brief !== undefined && !model.isAlive(state.brief)) state.brief = undefined;
  const alive = (state.visits ?? []).filter(([, held]) => model.isAlive(held));
  for (const [, held] of alive) held.expiryMs = model.born(undefined).expiryMs;
  return {
    brief: state.brief?.value,
    entries: alive.map(([key, { value }]) => [key, value]),
    isEmpty: alive.length === 0,
  };
};

export type LivingAct = readonly [
  kind: 'brief' | 'put' | 'get' | 'delete' | 'clear',
  key: unknown,
  value: number,
];

/** Acts on what may end. */
export const livingActs: fc.Arbitrary<readonly LivingAct[]> = fc.array(
  fc.tuple(
    fc.constantFrom<LivingAct[0][]>('brief', 'put', 'put', 'put', 'get', 'delete', 'clear'),
    fc.constantFrom<unknown>('x', 'y', ['z']),
    fc.nat(9),
  ),
  { maxLength: 4, size: 'max' },
);

/** Does the same to the key in hand of a store and of its model. */
export const performLiving = (real: LivingStore, model: LivingModel, acts: readonly LivingAct[]): void => {
  const { state } = model;
  for (const [kind, key, value] of acts) {
    const visits = state.visits ?? [];
    state.visits = visits;
    const known = visits.find(isKey(key));
    switch (kind) {
      case 'brief':
        real.brief.update(value);
        state.brief = model.born(value);
        break;
      case 'put':
        real.visits.put(key, value);
        if (known !== undefined && model.isAlive(known[1])) known[1] = model.born(value);
        else state.visits = [...visits.filter((entry) => entry !== known), [key, model.born(value)]];
        break;
      case 'get':
        real.visits.get(key);
        if (known !== undefined && model.isAlive(known[1])) known[1] = model.born(known[1].value);
        break;
      case 'delete':
        real.visits.delete(key);
        state.visits = visits.filter((entry) => entry !== known);
        break;
      case 'clear':
        real.brief.clear();
        real.visits.clear();
        state.brief = undefined;
        state.visits = [];
    }
  }
};
