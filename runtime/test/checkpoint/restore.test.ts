import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListedObject, openState, readSlotState } from '../../src/checkpoint/restore.ts';
import type { SnapshotUnit } from '../../src/checkpoint/snapshot-unit.ts';
import { collect, piece, StateRig, subtaskState, text } from './state-rig.ts';

fc.configureGlobal({ seed: 41_003 });

const maxParallelism = 4;

/** What the pieces of a key group stand for in these tests: a list of texts, begun anew by a whole piece. */
const contents = (units: readonly SnapshotUnit[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>();
  for (const unit of units) {
    if (unit.kind !== 'keyGroup') continue;
    const name = `${unit.uid}/${unit.keyGroup}`;
    const value = new TextDecoder().decode(unit.bytes);
    if (unit.mode === 'whole') groups.set(name, [value]);
    else groups.set(name, [...(groups.get(name) ?? ['nothing before']), value]);
  }
  return groups;
};

const checkpointOf = (objects: readonly ListedObject[]) => ({
  checkpointId: Math.max(0, ...objects.map((object) => object.checkpointId)),
  objects,
  maxParallelism,
  parallelismOf: () => 2,
});

const slotUnits = async (rig: StateRig, objects: readonly ListedObject[], slot: number, slots: number) => {
  const owns = (keyGroup: number): boolean => keyGroup % slots === slot;
  return collect(
    readSlotState(rig.reading, checkpointOf(objects), {
      slot,
      owns,
      parallelismOf: () => slots,
      loadedId: 0,
      isRerouted: false,
    }),
  );
};

/** Checkpoints of two slots that own key groups by turns; each key group is written whole at first. */
const histories = fc.array(
  fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.nat(maxParallelism - 1), fc.boolean()), { maxLength: 6 }),
  { minLength: 1, maxLength: 5 },
);

describe('the state of a slot', () => {
  it('is what the last whole pieces and the changes behind them say, at any parallelism', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer({ min: 1, max: 4 }), async (history, slots) => {
        const rig = new StateRig();
        const objects: ListedObject[] = [];
        const written: SnapshotUnit[] = [];
        for (const [at, pieces] of history.entries()) {
          for (const slot of [0, 1]) {
            const units = pieces
              .filter(([, keyGroup]) => keyGroup % 2 === slot)
              .map(([uid, keyGroup, isWhole], i) => {
                const isFirst = !written.some(
                  (unit) => unit.kind === 'keyGroup' && unit.uid === uid && unit.keyGroup === keyGroup,
                );
                const mode = isWhole || isFirst ? 'whole' : 'changes';
                const unit = piece(uid, keyGroup, mode, text(`${at}.${i}`));
                written.push(unit);
                return unit;
              });
            objects.push(await rig.write(units, at + 1, slot));
          }
        }
        const expected = contents(written);
        const restored: [string, readonly string[]][] = [];
        for (let slot = 0; slot < slots; slot++) {
          const units = await slotUnits(rig, objects, slot, slots);
          for (const unit of units) expect(unit.kind === 'keyGroup' && unit.keyGroup % slots).toBe(slot);
          restored.push(...contents(units));
        }
        expect(new Map(restored)).toEqual(expected);
        const all = (await openState(rig.reading, checkpointOf(objects))).read();
        expect(contents(await collect(all))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('does not read objects without a key group of its own', async () => {
    const rig = new StateRig();
    const other = await rig.write([piece('a', 1, 'whole', text('x'))], 1, 1);
    const own = await rig.write([piece('a', 0, 'whole', text('y'))], 1, 0);
    const newest = await rig.write([piece('a', 0, 'changes', text('z'))], 2, 0);
    await rig.store.remove([other.key]);
    expect(contents(await slotUnits(rig, [own, other, newest], 0, 2))).toEqual(
      new Map([['a/0', ['y', 'z']]]),
    );
    await expect(slotUnits(rig, [own, other, newest], 1, 2)).rejects.toThrow(`${other.key} is missing`);
  });

  it('refuses an object whose key groups make no sense', async () => {
    const rig = new StateRig();
    const object = await rig.write([piece('a', 0, 'whole', text('x'))]);
    await expect(slotUnits(rig, [{ ...object, keyGroups: '0-9' }], 0, 1)).rejects.toThrow(
      'is damaged: it lists the key groups “0-9”',
    );
  });
});

describe('the state of subtasks', () => {
  const rigWithTwoSlots = async () => {
    const rig = new StateRig();
    const old = await rig.write([subtaskState('list', 'source', 0, ['old'])], 1, 0);
    const first = await rig.write(
      [
        subtaskState('list', 'source', 0, ['a', 'b', 'c']),
        subtaskState('union', 'source', 0, ['u']),
        subtaskState('broadcast', 'rules', 0, ['r']),
      ],
      2,
      0,
    );
    const second = await rig.write(
      [
        subtaskState('list', 'source', 1, ['d']),
        subtaskState('union', 'source', 1, ['v']),
        subtaskState('broadcast', 'rules', 1, ['r']),
      ],
      2,
      1,
    );
    return { rig, objects: [old, first, second] };
  };
  const shares = async (slots: number) => {
    const { rig, objects } = await rigWithTwoSlots();
    const all: string[][] = [];
    for (let slot = 0; slot < slots; slot++) {
      const units = await slotUnits(rig, objects, slot, slots);
      const share = units.flatMap((unit) =>
        unit.kind === 'keyGroup'
          ? []
          : [
              `${unit.kind} ${unit.uid} ${unit.subtask}: ${unit.items.map((item) => new TextDecoder().decode(item)).join()}`,
            ],
      );
      all.push(share.sort());
    }
    return all;
  };

  it('stays where it was while their number is the same', async () => {
    expect(await shares(2)).toEqual([
      ['broadcast rules 0: r', 'list source 0: a,b,c', 'union source 0: u,v'],
      ['broadcast rules 1: r', 'list source 1: d', 'union source 1: u,v'],
    ]);
  });

  it('is dealt out anew when it is another: lists in turn, unions and broadcast state to all', async () => {
    expect(await shares(1)).toEqual([
      ['broadcast rules 0: r', 'list source 0: a,b,c,d', 'union source 0: u,v'],
    ]);
    expect(await shares(3)).toEqual([
      ['broadcast rules 0: r', 'list source 0: a,d', 'union source 0: u,v'],
      ['broadcast rules 1: r', 'list source 1: b', 'union source 1: u,v'],
      ['broadcast rules 2: r', 'list source 2: c', 'union source 2: u,v'],
    ]);
  });

  it('goes to the subtasks of the transform only, which may be fewer than the slots', async () => {
    const { rig, objects } = await rigWithTwoSlots();
    const restore = (slot: number) =>
      collect(
        readSlotState(rig.reading, checkpointOf(objects), {
          slot,
          owns: () => false,
          parallelismOf: (uid) => (uid === 'source' ? 1 : 2),
          loadedId: 0,
          isRerouted: false,
        }),
      );
    const [first, second] = [await restore(0), await restore(1)];
    expect(first.find(({ kind }) => kind === 'list')).toMatchObject({ uid: 'source', items: { length: 4 } });
    expect(second.map(({ uid }) => uid)).toEqual(['rules']);
  });
});

describe('what was in flight', () => {
  const inFlight = (subtask: number, item: string): SnapshotUnit => ({
    kind: 'inFlight',
    uid: 'count',
    state: '0 an edge',
    subtask,
    items: [text(item)],
  });

  it('goes to the subtask that it came to, or to all when channels lead elsewhere, in its order', async () => {
    const rig = new StateRig();
    const older = await rig.write([inFlight(0, 'of an older checkpoint')], 1, 0);
    const objects = [
      older,
      await rig.write([inFlight(0, 'a'), inFlight(0, 'b')], 2, 0),
      await rig.write([inFlight(1, 'c')], 2, 1),
    ];
    const read = async (slot: number, isRerouted: boolean): Promise<string[]> => {
      const restoring = { slot, owns: () => false, parallelismOf: () => 2, loadedId: 0, isRerouted };
      const units = await collect(readSlotState(rig.reading, checkpointOf(objects), restoring));
      return units.flatMap((unit) =>
        unit.kind === 'inFlight' ? unit.items.map((item) => new TextDecoder().decode(item)) : [],
      );
    };
    expect([await read(0, false), await read(1, false)]).toEqual([['a', 'b'], ['c']]);
    expect([await read(0, true), await read(1, true)]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect(await read(2, true)).toEqual([]);
  });
});
