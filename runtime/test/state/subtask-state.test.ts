import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BroadcastState,
  broadcastState,
  listState,
  type SubtaskListState,
} from '../../src/api/state.ts';
import { equalValues } from '../../src/batch/values.ts';
import { redistribute, SubtaskState } from '../../src/state/subtask-state.ts';
import { anyKey, anyValue } from './values.ts';

const items = listState<unknown>('items');
const offsets = listState<unknown>('offsets');
const rules = broadcastState<unknown, unknown>('rules');

const handlesOf = (state: SubtaskState) => ({
  list: state.listState(items) as SubtaskListState<unknown>,
  union: state.unionListState(offsets) as SubtaskListState<unknown>,
  rules: state.broadcastState(rules) as BroadcastState<unknown, unknown>,
});

type Handles = ReturnType<typeof handlesOf>;

const contents = ({ list, union, rules: map }: Handles) =>
  structuredClone({ list: [...list.get()], union: [...union.get()], rules: [...map.entries()] });

const spoil = (value: unknown): void => {
  if (Array.isArray(value)) value.push('spoilt');
};

/** What a record may do to state without a key. */
const act = (handles: Handles, action: number, key: unknown, value: unknown): void => {
  const { list, union, rules: map } = handles;
  switch (action) {
    case 0:
      return list.add(structuredClone(value));
    case 1:
      return union.add(structuredClone(value));
    case 2:
      return list.update([structuredClone(value)]);
    case 3:
      return list.get().forEach(spoil);
    case 4:
      return map.delete(key);
    case 5:
      return spoil(map.get(key));
    case 6:
      for (const [held, rule] of map.entries()) {
        spoil(rule);
        if (rule === null) map.delete(held);
      }
      return;
    case 7:
      return map.clear();
    default:
      return map.put(key, structuredClone(value));
  }
};

const acts = fc.array(fc.tuple(fc.nat(16), fc.oneof(fc.nat(2), fc.constantFrom(['k'], ['l'])), anyValue), {
  maxLength: 12,
  size: 'max',
});

describe('state of a subtask', () => {
  it('is as it was before a record that failed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(acts, fc.boolean()), { maxLength: 12 }), (records) => {
        const [real, model] = [new SubtaskState(), new SubtaskState()];
        const [handles, expected] = [handlesOf(real), handlesOf(model)];
        for (const [actions, fails] of records) {
          real.beginRecord();
          for (const [action, key, value] of actions) act(handles, action, key, value);
          if (fails) real.rollbackRecord();
          else real.commitRecord();
          if (!fails) for (const [action, key, value] of actions) act(expected, action, key, value);
          expect(contents(handles)).toEqual(contents(expected));
        }
      }),
    );
  });

  it('comes back from its snapshot', () => {
    fc.assert(
      fc.property(acts, (actions) => {
        const [from, to] = [new SubtaskState(), new SubtaskState()];
        const handles = handlesOf(from);
        for (const [action, key, value] of actions) act(handles, action, key, value);
        to.listState(items).add('replaced');
        to.import(from.export());
        expect(contents(handlesOf(to))).toEqual(contents(handles));
        expect(to.broadcastChecksum()).toBe(from.broadcastChecksum());
      }),
    );
  });

  it('finds a broadcast entry by an equal key', () => {
    const { rules: map } = handlesOf(new SubtaskState());
    map.put({ a: 1, b: 2 }, 'rule');
    expect(map.get({ b: 2, a: 1 })).toBe('rule');
    expect(map.has({ a: 1 })).toBe(false);
  });

  it('gives the same handle for the same name, and refuses another kind of state under it', () => {
    const state = new SubtaskState();
    expect(state.listState(items)).toBe(state.listState(items));
    expect(() => state.unionListState(items)).toThrow('“items”');
    expect(() => state.broadcastState(broadcastState('items'))).toThrow('“items”');
    expect(() => handlesOf(state).rules.has(1)).not.toThrow();
  });

  it('tells subtasks apart whose broadcast state differs, whatever the order in which it came', () => {
    const entries = fc.uniqueArray(fc.tuple(anyKey, anyValue), {
      comparator: ([one], [two]) => equalValues(one, two),
      maxLength: 8,
    });
    fc.assert(
      fc.property(entries, anyValue, (pairs, odd) => {
        const [one, two] = [new SubtaskState(), new SubtaskState()];
        for (const [key, value] of pairs) one.broadcastState(rules).put(key, value);
        for (const [key, value] of pairs.toReversed()) two.broadcastState(rules).put(key, value);
        expect(one.broadcastChecksum()).toBe(two.broadcastChecksum());
        two.broadcastState(rules).put('odd one', odd);
        expect(one.broadcastChecksum()).not.toBe(two.broadcastChecksum());
      }),
    );
  });
});

describe('another number of subtasks', () => {
  const partOf = (subtask: number): SubtaskState => {
    const state = new SubtaskState();
    const handles = handlesOf(state);
    for (let i = 0; i < 3; i++) handles.list.add(`${subtask}.${i}`);
    handles.union.add(subtask);
    handles.rules.put('same', 'everywhere');
    return state;
  };

  it('deals list items out, gives union lists whole to all, and keeps broadcast state equal', () => {
    for (const [before, after] of [
      [3, 2],
      [2, 5],
      [1, 1],
    ] as const) {
      const parts = Array.from({ length: before }, (_, subtask) => partOf(subtask).export());
      const targets = redistribute(parts, after).map((snapshot) => {
        const state = new SubtaskState();
        state.import(snapshot);
        return contents(handlesOf(state));
      });
      const all = targets.flatMap(({ list }) => list).sort();
      expect(all).toEqual(Array.from({ length: before * 3 }, (_, i) => `${Math.floor(i / 3)}.${i % 3}`));
      const sizes = targets.map(({ list }) => list.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      for (const { union, rules: map } of targets) {
        expect(union).toEqual(Array.from({ length: before }, (_, subtask) => subtask));
        expect(map).toEqual([['same', 'everywhere']]);
      }
    }
  });
});
