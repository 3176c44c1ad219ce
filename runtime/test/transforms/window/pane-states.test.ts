import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listState, mapState, reducingState, valueState } from '../../../src/api/state.ts';
import { hashValue } from '../../../src/batch/hash.ts';
import { keyGroupOf } from '../../../src/state/key-groups.ts';
import type { FrozenPanes } from '../../../src/transforms/window/frozen-panes.ts';
import { PaneStates } from '../../../src/transforms/window/pane-states.ts';

const maxParallelism = 4;

type Handles = ReturnType<typeof handlesOf>;

const handlesOf = (states: PaneStates) => ({
  value: states.state(valueState<number>('value', { default: 0 })),
  object: states.state(valueState<{ n: number }>('object')),
  list: states.state(listState<number>('list')),
  map: states.state(mapState<unknown, number>('map')),
  sum: states.state(reducingState<number>('sum', (left, right) => left + right)),
});

const start = (): { states: PaneStates; handles: Handles } => {
  const states = new PaneStates('test', maxParallelism);
  return { states, handles: handlesOf(states) };
};

const window = (startMs: number): { startMs: number; endMs: number } => ({ startMs, endMs: startMs + 10 });

/** Everything of the window in hand, as plain values. */
const read = ({ value, object, list, map, sum }: Handles): unknown => [
  value.value(),
  object.value()?.n,
  [...list.get()],
  [...map.entries()].map(([key, entry]) => [key, entry]),
  sum.get(),
];

type Change = { readonly key: string; readonly startMs: number; readonly n: number; readonly what: number };

/** One change of one of the states of a window. */
const change = (states: PaneStates, handles: Handles, { key, startMs, n, what }: Change): void => {
  states.select(key, window(startMs));
  const { value, object, list, map, sum } = handles;
  const held = object.value();
  const changes: readonly (() => void)[] = [
    () => value.update(value.value() + n),
    () => (held === undefined ? object.update({ n }) : void Object.assign(held, { n: held.n + n })),
    () => list.add(n),
    () => list.update([n, n]),
    () => map.put([n % 3], n),
    () => map.delete([n % 3]),
    () => sum.add(n),
    () => list.clear(),
    () => value.clear(),
    () => map.clear(),
    () => states.clear(),
  ];
  changes[what % changes.length]!();
};

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b'),
    startMs: fc.constantFrom(0, 10),
    n: fc.nat(9),
    what: fc.nat(100),
  }),
  { maxLength: 30 },
);

/** Every window's states. */
const readAll = (states: PaneStates, handles: Handles): unknown[] =>
  ['a', 'b'].flatMap((key) =>
    [0, 10].map((startMs) => {
      states.select(key, window(startMs));
      return read(handles);
    }),
  );

describe('state of single windows', () => {
  it('belongs to one window of one key', () => {
    const { states, handles } = start();
    for (const [key, startMs, n] of [
      ['a', 0, 1],
      ['a', 10, 2],
      ['b', 0, 3],
      [['a'], 0, 4],
    ] as const) {
      states.select(key, window(startMs));
      handles.value.update(n);
    }
    const values = [
      ['a', 0],
      ['a', 10],
      ['b', 0],
      [['a'], 0],
      ['c', 0],
    ].map(([key, startMs]) => {
      states.select(key, window(startMs as number));
      return handles.value.value();
    });
    expect(values).toEqual([1, 2, 3, 4, 0]);
    expect(states.size).toBe(4);
  });

  it('takes nothing when it is only read', () => {
    const { states, handles } = start();
    states.select('a', window(0));
    expect(read(handles)).toEqual([0, undefined, [], [], undefined]);
    handles.list.clear();
    handles.map.delete('x');
    expect(states.size).toBe(0);
  });

  it('goes when its window is over', () => {
    const { states, handles } = start();
    for (const startMs of [0, 10, 20]) change(states, handles, { key: 'a', startMs, n: 1, what: 0 });
    states.release(20);
    expect(states.size).toBe(1);
    states.select('a', window(20));
    states.clear();
    expect(states.size).toBe(0);
  });

  it('is after a rollback what it was before the record', () => {
    fc.assert(
      fc.property(changes, changes, (before, undone) => {
        const { states, handles } = start();
        for (const one of before) change(states, handles, one);
        const expected = structuredClone(readAll(states, handles));
        for (const key of new Set(undone.map((one) => `${one.key} ${one.startMs}`))) {
          // A record is one call for one window.
          states.beginRecord();
          for (const one of undone.filter((other) => `${other.key} ${other.startMs}` === key)) {
            change(states, handles, one);
          }
          states.rollbackRecord();
        }
        expect(readAll(states, handles)).toEqual(expected);
      }),
    );
  });

  it('keeps what was committed', () => {
    const { states, handles } = start();
    states.beginRecord();
    change(states, handles, { key: 'a', startMs: 0, n: 5, what: 0 });
    states.commitRecord();
    states.beginRecord();
    change(states, handles, { key: 'a', startMs: 0, n: 5, what: 0 });
    states.rollbackRecord();
    states.select('a', window(0));
    expect(handles.value.value()).toBe(5);
  });

  it('moves by key group', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const { states, handles } = start();
        for (const one of all) change(states, handles, one);
        const expected = readAll(states, handles);
        const other = start();
        for (let group = 0; group < maxParallelism; group++) {
          const bytes = states.exportKeyGroup(group);
          const mine = ['a', 'b'].filter((key) => keyGroupOf(hashValue(key), maxParallelism) === group);
          if (mine.length === 0) expect(bytes).toBeUndefined();
          states.dropKeyGroup(group);
          if (bytes !== undefined) other.states.importKeyGroup(bytes);
        }
        expect(states.size).toBe(0);
        expect(readAll(other.states, other.handles)).toEqual(expected);
      }),
    );
  });

  it('is in a snapshot what it was at the barrier, whatever is written, undone and forgotten while that is read', () => {
    const step = fc.oneof(
      changes.map((all) => ({ what: 'write' as const, all })),
      changes.map((all) => ({ what: 'undo' as const, all: all.slice(0, 1) })),
      fc.constant({ what: 'freeze' as const, all: [] }),
      fc.nat(3).map(() => ({ what: 'read' as const, all: [] })),
      fc.constant({ what: 'release' as const, all: [] }),
    );
    const groups = Array.from({ length: maxParallelism }, (_, i) => i);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { states, handles } = start();
        const open: { frozen: FrozenPanes; expected: unknown; copy: ReturnType<typeof start> }[] = [];
        const readPiece = (at: number): boolean => {
          const { frozen, expected, copy } = open[at] as (typeof open)[number];
          const piece = frozen.next();
          if (piece !== undefined && piece[1].length > 0) copy.states.importKeyGroup(piece[1]);
          if (piece !== undefined) return true;
          expect(readAll(copy.states, copy.handles)).toEqual(expected);
          open.splice(at, 1);
          return false;
        };
        for (const { what, all } of steps) {
          if (what === 'undo') states.beginRecord();
          for (const one of all) change(states, handles, one);
          if (what === 'undo') states.rollbackRecord();
          if (what === 'release') states.release(10);
          if (what === 'read' && open.length > 0) readPiece(0);
          if (what !== 'freeze') continue;
          const expected = structuredClone(readAll(states, handles));
          open.push({ frozen: states.freeze(groups), expected, copy: start() });
        }
        while (open.length > 0) while (readPiece(0));
      }),
      { numRuns: 300 },
    );
  });

  it('copies nothing when no snapshot is being read, and an entry once while one is', () => {
    const { states, handles } = start();
    states.select('a', window(0));
    handles.object.update({ n: 1 });
    const before = handles.object.value();
    expect(handles.object.value()).toBe(before);
    const frozen = states.freeze([0, 1, 2, 3]);
    const copied = handles.object.value();
    expect([copied === before, handles.object.value() === copied]).toEqual([false, true]);
    frozen.release();
    states.freeze([0]).release();
    expect(handles.object.value()).toBe(copied);
  });

  it('refuses bytes of another version', () => {
    expect(() => start().states.importKeyGroup(Uint8Array.of(7))).toThrow('unknown version');
  });
});
