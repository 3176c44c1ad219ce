import { describe, expect, it } from 'vitest';
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDescriptor,
  type ValueState,
  valueState,
} from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

const createStore = (): KeyedStore => new KeyedStore({ maxParallelism: 1, nowMs: () => 0 });

const sum = (left: unknown, right: unknown): unknown => Number(left) + Number(right);
const aggregate = { create: () => 0, add: sum, result: (total: unknown) => total };

/** A state of each kind under one name. */
const kinds = (name: string): readonly (readonly [kind: string, descriptor: StateDescriptor])[] => [
  ['a value state', valueState(name) as StateDescriptor],
  ['a value state of type number', valueState(name, { type: 'number' }) as StateDescriptor],
  ['a list state', listState(name) as StateDescriptor],
  ['a map state', mapState(name) as StateDescriptor],
  ['a reducing state', reducingState(name, sum) as StateDescriptor],
  ['an aggregating state', aggregatingState(name, aggregate) as StateDescriptor],
];

const refusalOf = (call: () => unknown): MillraceError => {
  try {
    call();
  } catch (error) {
    if (MillraceError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('the states of a store', () => {
  it.each(kinds('same'))('have one kind a name: %s is refused for every other', (kind, descriptor) => {
    for (const [other, another] of kinds('same')) {
      const store = createStore();
      const handle = store.register(descriptor);
      if (other === kind) {
        expect(store.register(another)).toBe(handle);
        continue;
      }
      const error = refusalOf(() => store.register(another));
      expect(error.code).toBe('job-invalid');
      expect(error.message).toContain('“same”');
      expect(error.hint).toBe('Give one of the two another name.');
      expect(store.register(descriptor)).toBe(handle);
    }
  });

  it.each(kinds('moved'))('are refused when what was restored is another: %s', (kind, descriptor) => {
    const from = createStore();
    from.setCurrentKey('a', hashValue('a'));
    from.register(descriptor);
    from.eventTimers.register(1);
    const bytes = from.exportKeyGroup(0)!;
    for (const [other, another] of kinds('moved')) {
      for (const early of [true, false]) {
        const to = createStore();
        if (early) to.register(another);
        const restore = (): void => {
          to.importKeyGroup(0, bytes);
          to.register(another);
        };
        // Numbers are any values, too.
        const isWidened = kind.endsWith('type number') && other === 'a value state';
        if (other === kind || isWidened) {
          restore();
          expect(to.keyCount).toBe(1);
        } else {
          expect(refusalOf(restore).code).toBe('job-invalid');
        }
      }
    }
  });

  it('of names that only look alike are kept apart', () => {
    const names = ['', ' ', 'a', 'A', 'ä', 'a\u0308', '__proto__', 'constructor', 'a'.repeat(300), '\uD83D'];
    const [store, copy] = [createStore(), createStore()];
    const handles = names.map((name) => store.register(valueState(name)) as ValueState<string>);
    store.setCurrentKey('key', hashValue('key'));
    for (const [i, handle] of handles.entries()) handle.update(`state ${i}`);
    copy.importKeyGroup(0, store.exportKeyGroup(0)!);
    copy.setCurrentKey('key', hashValue('key'));
    for (const [i, name] of names.toReversed().entries()) {
      const handle = copy.register(valueState(name)) as ValueState<string>;
      expect(handle.value()).toBe(`state ${names.length - 1 - i}`);
    }
  });

  it('come back whatever the order in which they are registered, before or after', () => {
    const names = ['one', 'two', 'three', 'four'];
    const from = createStore();
    from.setCurrentKey(1, hashValue(1));
    for (const name of names) (from.register(valueState(name)) as ValueState<string>).update(name);
    const bytes = from.exportKeyGroup(0)!;
    for (const order of [names, names.toReversed(), ['three', 'one'], ['new', 'two', 'newer']]) {
      for (const early of [0, 1, order.length]) {
        const to = createStore();
        for (const name of order.slice(0, early)) to.register(valueState(name));
        to.importKeyGroup(0, bytes);
        to.setCurrentKey(1, hashValue(1));
        for (const name of order) {
          const handle = to.register(valueState(name)) as ValueState<string>;
          expect(handle.value()).toBe(names.includes(name) ? name : undefined);
        }
        // What nobody has registered is not lost for the next.
        const last = createStore();
        last.importKeyGroup(0, to.exportKeyGroup(0)!);
        last.setCurrentKey(1, hashValue(1));
        for (const name of names) {
          expect((last.register(valueState(name)) as ValueState<string>).value()).toBe(name);
        }
      }
    }
  });

  it('are refused when they are of a kind that nobody knows, with what to do', () => {
    const error = refusalOf(() =>
      createStore().register({ kind: 'queue', name: 'jobs' } as unknown as StateDescriptor),
    );
    expect(error.code).toBe('job-invalid');
    expect(error.message).toContain('“jobs” is of the unknown kind “queue”');
    expect(error.hint).toContain('valueState');
    expect(error.where).toEqual({ state: 'jobs' });
  });

  it('are refused when their time to live is none, and are then as if never asked for', () => {
    for (const after of ['soon', -1, 0, '0s', 0.5, Number.NaN, '1 fortnight'] as const) {
      const store = createStore();
      const wrong = valueState('s', { ttl: { after: after as '1s' } });
      expect(refusalOf(() => store.register(wrong)).message).toContain('“s”');
      expect(store.register(listState('s'))).toBeDefined();
    }
  });
});

describe('a state that is described twice', () => {
  const refused = (one: StateDescriptor, two: StateDescriptor): string => {
    const store = createStore();
    store.register(one);
    return refusalOf(() => store.register(two)).message;
  };
  const same = (one: StateDescriptor, two: StateDescriptor): void => {
    const store = createStore();
    expect(store.register(two)).toBe(store.register(one));
  };

  it('is one state when both descriptors ask for the same', () => {
    same(
      valueState('a', { default: { n: [1] } }) as never,
      valueState('a', { default: { n: [1] } }) as never,
    );
    same(
      listState('a', { ttl: { after: '1h' } }) as never,
      listState('a', { ttl: { after: '60m' } }) as never,
    );
    same(
      valueState('a', { default: Number.NaN }) as never,
      valueState('a', { default: Number.NaN }) as never,
    );
  });

  it('is refused with another default', () => {
    const message = 'The state “a” is described twice, each time with another default.';
    expect(refused(valueState('a', { default: 0 }) as never, valueState('a', { default: 1 }) as never)).toBe(
      message,
    );
    expect(refused(valueState('a') as never, valueState('a', { default: null }) as never)).toBe(message);
  });

  it('is refused with another time to live', () => {
    const message = 'The state “a” is described twice, each time with another time to live.';
    const hour = { after: '1h' } as const;
    expect(
      refused(mapState('a', { ttl: hour }) as never, mapState('a', { ttl: { after: '2h' } }) as never),
    ).toBe(message);
    expect(refused(mapState('a', { ttl: hour }) as never, mapState('a') as never)).toBe(message);
    expect(
      refused(
        mapState('a', { ttl: hour }) as never,
        mapState('a', { ttl: { ...hour, refreshOn: 'read' } }) as never,
      ),
    ).toBe(message);
  });
});
