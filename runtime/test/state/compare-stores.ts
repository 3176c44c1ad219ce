import { expect } from 'vitest';
import type { TimerQueue } from '../../src/state/timers.ts';
import type { KeyModel, StoreModel } from './store-model.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** What the handles say of the key in hand. */
export const read = ({ states }: StoreUnderTest): unknown => ({
  number: states.number.value(),
  any: states.any.value(),
  list: [...states.list.get()],
  entries: [...states.map.entries()],
  keys: [...states.map.keys()],
  isEmpty: states.map.isEmpty(),
  reduced: states.reduced.get(),
  accumulated: states.accumulated.get(),
});

/** What they should say. */
export const readModel = (state: KeyModel): unknown => ({
  number: state.number ?? -1,
  any: state.any?.value,
  list: state.list,
  entries: state.map,
  keys: state.map.map(([key]) => key),
  isEmpty: state.map.length === 0,
  reduced: state.reduced?.value,
  accumulated: state.accumulated && [state.accumulated.values.length, state.accumulated.values.at(-1)],
});

/** Compares all state of all keys that the model has ever heard of. */
export const expectSameState = (real: StoreUnderTest, model: StoreModel): void => {
  for (const state of model.keys.values()) {
    real.setKey(state.key);
    expect(read(real)).toEqual(readModel(state));
  }
  expect(real.store.keyCount).toBe(model.size);
};

interface Firing {
  readonly key: unknown;
  readonly timeMs: number;
  readonly namespace: number;
}

/** All timers of a queue, in the order in which they fire; none waits afterwards. */
export const drain = (real: StoreUnderTest, queue: TimerQueue, untilMs: number = Infinity): Firing[] => {
  const fired: Firing[] = [];
  while (queue.pollDue(untilMs)) {
    fired.push({ key: real.store.currentKey, timeMs: queue.timeMs, namespace: queue.namespace });
  }
  return fired;
};
