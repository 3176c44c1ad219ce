import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastState, listState } from '../../src/api/state.ts';
import { ByteWriter, encodeValue } from '../../src/batch/codec.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { redistribute, SubtaskState, type SubtaskStateSnapshot } from '../../src/state/subtask-state.ts';
import { allOfThem } from '../batch/kinds.ts';
import { anyValue } from './values.ts';

type Snapshot = readonly SubtaskStateSnapshot[];

const splits = listState<unknown>('splits');
const more = listState<unknown>('more');
const offsets = listState<unknown>('offsets');
const rules = broadcastState<unknown, unknown>('rules');

/** What the subtasks of one transform hold. Some of them have not asked for some of the states. */
interface Part {
  readonly splits: readonly unknown[] | undefined;
  readonly more: readonly unknown[] | undefined;
  readonly offsets: readonly unknown[] | undefined;
}

const items = fc.option(fc.array(anyValue, { maxLength: 6 }), { nil: undefined });
const parts = fc.array(fc.record<Part>({ splits: items, more: items, offsets: items }), {
  minLength: 1,
  maxLength: 5,
});
const entries = fc.array(fc.tuple(fc.nat(9), anyValue), { maxLength: 5 });

const snapshotOf = (part: Part, broadcast: readonly (readonly [number, unknown])[]): Snapshot => {
  const state = new SubtaskState();
  if (part.splits !== undefined) state.listState(splits).update(part.splits);
  if (part.more !== undefined) state.listState(more).update(part.more);
  if (part.offsets !== undefined) state.unionListState(offsets).update(part.offsets);
  for (const [key, rule] of broadcast) state.broadcastState(rules).put(key, rule);
  return state.export();
};

const restored = (snapshot: Snapshot): SubtaskState => {
  const state = new SubtaskState();
  state.import(snapshot);
  return state;
};

const listsOf = (snapshots: readonly Snapshot[], of: typeof splits): unknown[][] =>
  snapshots.map((snapshot) => [...restored(snapshot).listState(of).get()]);

/** Items as texts, sorted: what is left of lists when their order means nothing. */
const bagOf = (lists: readonly (readonly unknown[])[]): string[] =>
  lists
    .flat()
    .map((item) => {
      const writer = new ByteWriter();
      encodeValue(item, writer);
      return Buffer.from(writer.view()).toString('hex');
    })
    .sort();

const parallelisms = fc.integer({ min: 1, max: 6 });

describe('state of subtasks, when their number changes', () => {
  it('keeps every list item once, and deals them out evenly', () => {
    fc.assert(
      fc.property(parts, parallelisms, (all, parallelism) => {
        const targets = redistribute(
          all.map((part) => snapshotOf(part, [])),
          parallelism,
        );
        expect(targets).toHaveLength(parallelism);
        for (const [name, descriptor] of [
          ['splits', splits],
          ['more', more],
        ] as const) {
          const lists = listsOf(targets, descriptor);
          expect(bagOf(lists)).toEqual(bagOf(all.map((part) => part[name] ?? [])));
          const sizes = lists.map(({ length }) => length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('gives union lists whole to all, in order of the subtasks', () => {
    fc.assert(
      fc.property(parts, parallelisms, (all, parallelism) => {
        const whole = all.flatMap((part) => part.offsets ?? []);
        for (const target of redistribute(
          all.map((part) => snapshotOf(part, [])),
          parallelism,
        )) {
          expect([...restored(target).unionListState(offsets).get()]).toEqual(whole);
        }
      }),
    );
  });

  it('gives the one broadcast state to all, new subtasks included', () => {
    fc.assert(
      fc.property(parts, entries, parallelisms, (all, broadcast, parallelism) => {
        const snapshots = all.map((part) => snapshotOf(part, broadcast));
        const before = restored(snapshots[0]!);
        for (const target of redistribute(snapshots, parallelism)) {
          const after = restored(target);
          expect([...after.broadcastState(rules).entries()]).toEqual([
            ...before.broadcastState(rules).entries(),
          ]);
          expect(after.broadcastChecksum()).toBe(before.broadcastChecksum());
        }
      }),
    );
  });

  it('comes back to what it was when the number does, but for the order of list items', () => {
    fc.assert(
      fc.property(parts, entries, parallelisms, (all, broadcast, parallelism) => {
        const snapshots = all.map((part) => snapshotOf(part, broadcast));
        const there = redistribute(snapshots, parallelism);
        const back = redistribute(there, snapshots.length);
        expect(bagOf(listsOf(back, splits))).toEqual(bagOf(listsOf(snapshots, splits)));
        const checksums = [...back, ...snapshots].map((one) => restored(one).broadcastChecksum());
        expect(new Set(checksums).size).toBe(1);
      }),
    );
  });

  it('is the same each time, and leaves what it is made of alone', () => {
    fc.assert(
      fc.property(parts, parallelisms, (all, parallelism) => {
        const snapshots = all.map((part) => snapshotOf(part, [[1, 'rule']]));
        const copy = structuredClone(snapshots);
        expect(redistribute(snapshots, parallelism)).toEqual(redistribute(snapshots, parallelism));
        expect(snapshots).toEqual(copy);
      }),
    );
  });

  it('is nothing for every subtask when there was nothing', () => {
    expect(redistribute([], 3)).toEqual([[], [], []]);
    expect(redistribute([[], []], 2)).toEqual([[], []]);
  });

  it('tells states of one name and different kinds apart', () => {
    const encoded = (value: unknown): Uint8Array => {
      const writer = new ByteWriter();
      encodeValue(value, writer);
      return writer.toBytes();
    };
    const snapshots: Snapshot[] = [
      [
        { kind: 'list', name: 'same', items: [encoded(1), encoded(2)] },
        { kind: 'union', name: 'same', items: [encoded(3)] },
      ],
      [{ kind: 'union', name: 'same', items: [encoded(4)] }],
    ];
    const [first, second] = redistribute(snapshots, 2);
    expect(first?.map(({ kind, items: own }) => [kind, own.length])).toEqual([
      ['list', 1],
      ['union', 2],
    ]);
    expect(second?.map(({ kind, items: own }) => [kind, own.length])).toEqual([
      ['list', 1],
      ['union', 2],
    ]);
    expect(() => restored(first!)).toThrow('“same”');
  });
});

describe('an item of a subtask', () => {
  it('is any value, as key, as rule and in a list', () => {
    const state = new SubtaskState();
    for (const [value, kind] of allOfThem()) {
      state.listState(splits).add(value);
      state.broadcastState(rules).put(value, kind);
    }
    const copy = restored(state.export());
    expect(copy.broadcastChecksum()).toBe(state.broadcastChecksum());
    expect(copy.listState(splits).get()).toHaveLength(allOfThem().length);
    for (const [value, kind] of allOfThem()) expect(copy.broadcastState(rules).get(value)).toBe(kind);
  });

  it('is refused by name when it is outside the domain', () => {
    const state = new SubtaskState();
    state.listState(splits).add({ call: () => 1 });
    expect(() => state.export()).toThrow(expect.objectContaining({ code: 'value-unsupported' }));
  });

  it('is refused when its bytes are cut, continued or changed to nonsense', () => {
    const good = snapshotOf({ splits: [{ a: [1, 'text'] }], more: undefined, offsets: [5] }, [[1, 'rule']]);
    for (const [at, one] of good.entries()) {
      const [item] = one.items as [Uint8Array];
      const damaged = [
        ...Array.from(item, (_, length) => item.subarray(0, length)),
        Uint8Array.of(...item, 0),
        Uint8Array.of(99),
      ];
      for (const bytes of damaged) {
        const snapshot = good.with(at, { ...one, items: [bytes] });
        try {
          restored(snapshot);
          expect.unreachable();
        } catch (error) {
          expect(MillraceError.is(error) && error.code).toBe('record-invalid');
        }
      }
    }
  });
});
