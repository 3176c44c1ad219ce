import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ValueState, valueState } from '../../src/api/state.ts';
import { hashNumber, hashString, hashValue } from '../../src/batch/hash.ts';
import { compareValues } from '../../src/batch/values.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import type { TimerQueue } from '../../src/state/timers.ts';

const createStore = (maxParallelism = 16): KeyedStore => new KeyedStore({ maxParallelism, nowMs: () => 0 });
const take = (store: KeyedStore, key: unknown): void => store.setCurrentKey(key, hashValue(key));

interface Timer {
  readonly key: unknown;
  readonly timeMs: number;
  readonly namespace: number;
}

const poll = (store: KeyedStore, queue: TimerQueue, untilMs: number): Timer[] => {
  const fired: Timer[] = [];
  while (queue.pollDue(untilMs)) {
    fired.push({ key: store.currentKey, timeMs: queue.timeMs, namespace: queue.namespace });
  }
  return fired;
};

/** The order that is promised. */
const inOrder = (one: Timer, two: Timer): number =>
  one.timeMs - two.timeMs ||
  hashValue(one.key) - hashValue(two.key) ||
  compareValues(one.key, two.key) ||
  one.namespace - two.namespace;

const isSame = (one: Timer, two: Timer): boolean =>
  one.timeMs === two.timeMs && hashValue(one.key) === hashValue(two.key) && one.namespace === two.namespace;

const timers = fc.record<Timer>({
  key: fc.oneof(fc.nat(5), fc.constantFrom('a', 'b', ['c'])),
  timeMs: fc.oneof(fc.nat(8), fc.constantFrom(-3, 0.5, 1.7e12, 1.7e12 + 2 ** 32)),
  namespace: fc.constantFrom(0, 0, 0, 1, -5, 2 ** 40),
});
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: timers.map((timer) => ({ kind: 'register' as const, timer })) },
    { weight: 4, arbitrary: timers.map((timer) => ({ kind: 'delete' as const, timer })) },
    { weight: 1, arbitrary: timers.map((timer) => ({ kind: 'poll' as const, timer })) },
  ),
  { maxLength: 250, size: 'max' },
);

/** Two texts with one hash, which among 2^32 hashes are met soon. */
const textsWithOneHash = (): readonly [string, string] => {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const text = `k${i}`;
    const hash = hashString(text);
    const other = seen.get(hash);
    if (other !== undefined) return [other, text];
    seen.set(hash, text);
  }
};

describe('timers', () => {
  it('fire once each, in order of time, hash, key and namespace, like a sorted list', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(1, 3, 128), (sequence, maxParallelism) => {
        const store = createStore(maxParallelism);
        const queue = store.eventTimers;
        let model: Timer[] = [];
        for (const { kind, timer } of sequence) {
          take(store, timer.key);
          if (kind === 'register') {
            queue.register(timer.timeMs, timer.namespace);
            if (!model.some((other) => isSame(other, timer))) model.push(timer);
          } else if (kind === 'delete') {
            queue.delete(timer.timeMs, timer.namespace);
            model = model.filter((other) => !isSame(other, timer));
          } else {
            const due = model.filter(({ timeMs }) => timeMs <= timer.timeMs).sort(inOrder);
            expect(poll(store, queue, timer.timeMs)).toEqual(due);
            model = model.filter(({ timeMs }) => timeMs > timer.timeMs);
          }
          expect(queue.size).toBe(model.length);
          expect(queue.nextMs()).toBe(Math.min(Infinity, ...model.map(({ timeMs }) => timeMs)));
          expect(queue.isDue(Infinity)).toBe(model.length > 0);
          expect(queue.isDue(3)).toBe(model.some(({ timeMs }) => timeMs <= 3));
        }
        expect(poll(store, queue, Infinity)).toEqual(model.sort(inOrder));
        expect(store.keyCount).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('of one time fire in the same order however they were registered and however many key groups there are', () => {
    const keys = Array.from({ length: 300 }, (_, i) => i * 7);
    const orders = [1, 2, 100, 128].map((maxParallelism, run) => {
      const store = createStore(maxParallelism);
      for (const key of run % 2 === 0 ? keys : keys.toReversed()) {
        take(store, key);
        store.eventTimers.register(5);
      }
      return poll(store, store.eventTimers, 5).map(({ key }) => key);
    });
    expect(orders[0]).toHaveLength(300);
    for (const order of orders) expect(order).toEqual(orders[0]);
  });

  it('of keys with one hash fire in the order of the keys', () => {
    const texts = textsWithOneHash();
    for (const order of [texts, texts.toReversed()]) {
      const store = createStore();
      for (const key of order) {
        take(store, key);
        store.eventTimers.register(1);
        store.eventTimers.register(1, 7);
      }
      const fired = poll(store, store.eventTimers, 1);
      expect(fired.map(({ key, namespace }) => [key, namespace])).toEqual(
        texts.toSorted(compareValues).flatMap((key) => [
          [key, 0],
          [key, 7],
        ]),
      );
    }
  });

  it('have their key and its state in hand when they fire', () => {
    const store = createStore();
    const count = store.register(valueState('count', { default: 0, type: 'number' })) as ValueState<
      number,
      number
    >;
    for (const key of ['a', 'b']) {
      take(store, key);
      store.processingTimers.register(10);
      count.update(key === 'a' ? 1 : 2);
    }
    const seen = new Map<unknown, number>();
    while (store.processingTimers.pollDue(10)) {
      seen.set(store.currentKey, count.value());
      count.update(count.value() + 10);
    }
    expect(seen).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
    take(store, 'b');
    expect(count.value()).toBe(12);
  });

  it('keep a key without other state until they have fired or were deleted', () => {
    const store = createStore();
    take(store, 'a');
    store.eventTimers.register(1);
    store.eventTimers.register(2);
    store.processingTimers.register(1);
    take(store, 'b');
    expect(store.keyCount).toBe(1);
    expect(store.eventTimers.pollDue(1)).toBe(true);
    expect(store.keyCount).toBe(1);
    store.eventTimers.delete(2);
    expect(store.keyCount).toBe(1);
    store.processingTimers.delete(1);
    expect(store.keyCount).toBe(0);
    expect(store.currentKey).toBe('a');
  });

  it('that a timer registers for a time already due fire too', () => {
    const store = createStore();
    take(store, 'a');
    store.eventTimers.register(1);
    const times: number[] = [];
    while (store.eventTimers.pollDue(5)) {
      times.push(store.eventTimers.timeMs);
      store.eventTimers.register(store.eventTimers.timeMs + 2);
    }
    expect(times).toEqual([1, 3, 5]);
    expect(store.eventTimers.nextMs()).toBe(7);
  });

  it('of the two time domains know nothing of each other', () => {
    const store = createStore();
    take(store, 'a');
    store.eventTimers.register(1);
    store.processingTimers.register(1);
    store.eventTimers.delete(1);
    expect(store.eventTimers.pollDue(9)).toBe(false);
    expect(store.processingTimers.pollDue(9)).toBe(true);
  });

  it('may wait for the end of time, and for before its beginning', () => {
    const store = createStore();
    take(store, 'a');
    store.eventTimers.register(Infinity);
    store.eventTimers.register(-Infinity);
    expect(poll(store, store.eventTimers, 1e15).map(({ timeMs }) => timeMs)).toEqual([-Infinity]);
    expect(store.eventTimers.nextMs()).toBe(Infinity);
    expect(poll(store, store.eventTimers, Infinity).map(({ timeMs }) => timeMs)).toEqual([Infinity]);
  });

  it('are refused for a time that is no number', () => {
    const store = createStore();
    take(store, 'a');
    for (const time of [Number.NaN, undefined as unknown as number]) {
      try {
        store.eventTimers.register(time);
        expect.unreachable();
      } catch (error) {
        expect(MillraceError.is(error) && error.code).toBe('user-code');
      }
    }
    expect(store.keyCount).toBe(0);
  });

  it('that come and go for ever take no more memory', () => {
    const store = createStore();
    const sizes: number[] = [];
    for (let i = 0; i < 40_000; i++) {
      take(store, i % 50);
      store.eventTimers.register(i + 100);
      if (i % 3 === 0) store.eventTimers.delete(i + 100);
      while (store.eventTimers.pollDue(i));
      if (i % 10_000 === 9999) sizes.push(store.eventTimers.memoryBytes());
    }
    expect(sizes[3]).toBe(sizes[0]);
    expect(store.eventTimers.size).toBeLessThan(101);
  });

  it('are found in order among many', () => {
    const store = createStore(128);
    for (let i = 0; i < 200_000; i++) {
      const key = Math.imul(i, 0x9e37_79b1) >>> 12;
      store.setCurrentKey(key, hashNumber(key));
      store.eventTimers.register(Math.imul(i, 0x85eb_ca6b) >>> 10);
    }
    let [last, count] = [-1, 0];
    while (store.eventTimers.pollDue(Infinity)) {
      if (store.eventTimers.timeMs < last) expect.unreachable();
      last = store.eventTimers.timeMs;
      count += 1;
    }
    expect(count).toBe(200_000);
    expect(store.keyCount).toBe(0);
  });
});
