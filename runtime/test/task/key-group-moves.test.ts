import { describe, expect, it } from 'vitest';
import type { Barrier } from '../../src/exchange/element.ts';
import { initialRouting, moveKeyGroups, type RoutingTable } from '../../src/exchange/routing-table.ts';
import { KeyGroupMoves, type MovedState } from '../../src/task/key-group-moves.ts';
import type { Processor } from '../../src/transforms/processor.ts';

/** A processor whose state is one byte a key group. */
const keyed = (state: Map<number, number>): Processor => ({
  process: () => undefined,
  exportKeyGroup: (keyGroup) => {
    const value = state.get(keyGroup);
    return value === undefined ? undefined : Uint8Array.of(value);
  },
  importKeyGroup: (keyGroup, bytes) => void state.set(keyGroup, bytes[0] as number),
  dropKeyGroup: (keyGroup) => void state.delete(keyGroup),
});

/** One with records of a key group in flight. */
const busy = (state: Map<number, number>, inFlight: Set<number>): Processor => ({
  ...keyed(state),
  isInFlight: (keyGroup) => inFlight.has(keyGroup),
});

const stateless: Processor = { process: () => undefined };

const barrierOf = (routing: RoutingTable): Barrier => ({ kind: 'barrier', id: routing.version, routing });

/** The subtasks of one task in two slots; state that was sent waits in `mail` until it is delivered. */
const twoSlots = (table: RoutingTable, parallelism = 2) => {
  const mail: (readonly [number, MovedState])[] = [];
  const sides = [0, 1].map((slot) => {
    const states = [new Map<number, number>(), new Map<number, number>()];
    const processors = [
      keyed(states[0] as Map<number, number>),
      stateless,
      keyed(states[1] as Map<number, number>),
    ];
    const moves = new KeyGroupMoves({ task: 4, slot, parallelism }, processors, table, (toSlot, state) =>
      mail.push([toSlot, state]),
    );
    return { moves, states };
  }) as [Side, Side];
  return {
    left: sides[0],
    right: sides[1],
    mail,
    deliver: (): void => {
      for (const [toSlot, state] of mail.splice(0)) sides[toSlot as 0 | 1].moves.accept(state);
      for (const { moves } of sides) takeAll(moves);
    },
  };
};

/** Takes in everything that has come; gives the key groups, one for each state. */
const takeAll = (moves: KeyGroupMoves): number[] => {
  const taken: number[] = [];
  for (let keyGroup = moves.takeIn(); keyGroup >= 0; keyGroup = moves.takeIn()) taken.push(keyGroup);
  return taken;
};

interface Side {
  readonly moves: KeyGroupMoves;
  readonly states: Map<number, number>[];
}

describe('key groups that move at a barrier', () => {
  const table = initialRouting(2, 8);

  it('leave with the state of every keyed transform, and are there when all of it has come', () => {
    const { left, right, mail, deliver } = twoSlots(table);
    left.states[0]?.set(1, 11).set(2, 12);
    left.states[1]?.set(1, 21);
    const barrier = barrierOf(moveKeyGroups(table, [1], 1));
    left.moves.onBarrier(barrier);
    right.moves.onBarrier(barrier);
    expect(left.moves.waiting).toBe(false);
    expect(right.moves.waiting).toBe(true);
    expect(mail.map(([, { task, link, keyGroup, version }]) => [task, link, keyGroup, version])).toEqual([
      [4, 0, 1, 2],
      [4, 2, 1, 2],
    ]);
    deliver();
    expect(right.moves.waiting).toBe(false);
    expect(right.states.map((state) => [...state])).toEqual([[[1, 11]], [[1, 21]]]);
    expect(left.states.map((state) => [...state])).toEqual([[[2, 12]], []]);
  });

  it('stay until none of their records is in flight, and the others do not wait for them', () => {
    const sent: MovedState[] = [];
    const inFlight = new Set([1]);
    const state = new Map([
      [1, 11],
      [2, 12],
    ]);
    const moves = new KeyGroupMoves(
      { task: 4, slot: 0, parallelism: 2 },
      [busy(state, inFlight)],
      table,
      (_, one) => sent.push(one),
    );
    moves.onBarrier(barrierOf(moveKeyGroups(table, [1, 2], 1)));
    expect(sent.map(({ keyGroup }) => keyGroup)).toEqual([2]);
    moves.sendLeaving();
    expect([...state.keys()]).toEqual([1]);
    inFlight.clear();
    moves.sendLeaving();
    moves.sendLeaving();
    expect(sent.map(({ keyGroup, version }) => [keyGroup, version])).toEqual([
      [2, 2],
      [1, 2],
    ]);
    expect(state.size).toBe(0);
  });

  it('are told also when there is nothing in them, so that the new owner need not wait for ever', () => {
    const { left, right, deliver } = twoSlots(table);
    const barrier = barrierOf(moveKeyGroups(table, [0, 3], 1));
    right.moves.onBarrier(barrier);
    left.moves.onBarrier(barrier);
    expect(right.moves.waiting).toBe(true);
    deliver();
    expect(right.moves.waiting).toBe(false);
  });

  it('wait at the new owner when they come before its own barrier', () => {
    const { left, right, deliver } = twoSlots(table);
    left.states[0]?.set(1, 11);
    const barrier = barrierOf(moveKeyGroups(table, [1], 1));
    left.moves.onBarrier(barrier);
    deliver();
    expect(right.states[0]?.size).toBe(0);
    right.moves.onBarrier(barrier);
    takeAll(right.moves);
    expect(right.moves.waiting).toBe(false);
    expect(right.states[0]?.get(1)).toBe(11);
  });

  it('can move on at the next barrier while the last is not everywhere', () => {
    const { left, right, mail } = twoSlots(table);
    left.states[0]?.set(1, 11);
    const second = moveKeyGroups(table, [1], 1);
    const third = moveKeyGroups(second, [2], 1);
    for (const one of [second, third]) left.moves.onBarrier(barrierOf(one));
    const sent = mail.splice(0);
    for (const [, state] of sent) right.moves.accept(state);
    right.moves.onBarrier(barrierOf(second));
    expect(takeAll(right.moves)).toEqual([1, 1]);
    expect(right.moves.waiting).toBe(false);
    expect(right.states[0]?.get(1)).toBe(11);
    right.moves.onBarrier(barrierOf(third));
    expect(takeAll(right.moves)).toEqual([2, 2]);
    expect(right.moves.waiting).toBe(false);
  });

  it('are in transit one by one, each until the state of all its transforms is taken in', () => {
    const { left, right, mail } = twoSlots(table);
    left.states[0]?.set(1, 11).set(2, 12);
    const barrier = barrierOf(moveKeyGroups(table, [1, 2], 1));
    left.moves.onBarrier(barrier);
    right.moves.onBarrier(barrier);
    expect([0, 1, 2, 3].map((keyGroup) => right.moves.isInTransit(keyGroup))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    for (const [, state] of mail.splice(0)) if (state.keyGroup === 2) right.moves.accept(state);
    expect(right.states[0]?.size).toBe(0);
    expect(right.moves.takeIn()).toBe(2);
    expect(right.moves.isInTransit(2)).toBe(true);
    expect(right.moves.takeIn()).toBe(2);
    expect(right.moves.isInTransit(2)).toBe(false);
    expect(right.moves.takeIn()).toBe(-1);
    expect(right.moves.isInTransit(1)).toBe(true);
    expect(right.moves.waiting).toBe(true);
  });

  it('cost nothing where no transform has keyed state', () => {
    const sent: MovedState[] = [];
    const moves = new KeyGroupMoves({ task: 0, slot: 1, parallelism: 2 }, [stateless], table, (_, state) =>
      sent.push(state),
    );
    moves.onBarrier(barrierOf(moveKeyGroups(table, [0, 1], 1)));
    moves.onBarrier(barrierOf({ version: 3, slotOf: moveKeyGroups(table, [7], 0).slotOf }));
    expect(moves.waiting).toBe(false);
    expect(sent).toEqual([]);
  });

  it('come back unchanged', () => {
    const { left, right, deliver } = twoSlots(table);
    left.states[0]?.set(1, 11);
    let current = table;
    for (const to of [1, 0, 1, 0]) {
      current = moveKeyGroups(current, [1], to);
      for (const side of [left, right]) side.moves.onBarrier(barrierOf(current));
      deliver();
    }
    expect([...(left.states[0] ?? [])]).toEqual([[1, 11]]);
    expect(right.states[0]?.size).toBe(0);
  });

  it('stay where they are at a barrier without a table or with an old one', () => {
    const { left, mail } = twoSlots(table);
    left.moves.onBarrier({ kind: 'barrier', id: 1 });
    left.moves.onBarrier(barrierOf({ ...moveKeyGroups(table, [1], 1), version: 1 }));
    expect(mail).toEqual([]);
  });

  it('belong to the only subtask of a task that has one, wherever they move', () => {
    const { left, mail } = twoSlots(table, 1);
    left.moves.onBarrier(barrierOf(moveKeyGroups(table, [1, 6], 1)));
    expect(mail).toEqual([]);
    expect(left.moves.waiting).toBe(false);
  });
});

describe('a key group that has come from another slot', () => {
  it('is written whole by the first checkpoint that is complete behind its arrival, also when it came empty', () => {
    const table = initialRouting(2, 8);
    const { right, left, deliver } = twoSlots(table);
    const since = (complete: number | undefined, checkpointId: number): readonly (number | undefined)[] => {
      const wanted = right.moves.sinceFor(checkpointId, () => complete);
      // One that has come, and one that was always here.
      return [wanted(1), wanted(6)];
    };
    expect(since(4, 5)).toEqual([4, 4]);
    const barrier = barrierOf(moveKeyGroups(table, [1], 1));
    for (const { moves } of [left, right]) moves.onBarrier(barrier);
    deliver();
    expect(since(5, 6)).toEqual([undefined, 5]);
    // Checkpoint 6 came to nothing.
    expect(since(5, 7)).toEqual([undefined, 5]);
    expect(since(7, 8)).toEqual([7, 7]);
    expect(since(undefined, 9)).toEqual([undefined, undefined]);
  });

  it('is whole again when it has gone and come back', () => {
    const table = initialRouting(2, 8);
    const { right, left, deliver } = twoSlots(table);
    const there = moveKeyGroups(table, [1], 1);
    const back = moveKeyGroups(there, [1], 0);
    for (const [routing, checkpointId] of [
      [there, 3],
      [back, 4],
    ] as const) {
      for (const { moves } of [left, right]) moves.onBarrier(barrierOf(routing));
      deliver();
      right.moves.sinceFor(checkpointId, () => undefined);
    }
    expect(left.moves.sinceFor(5, () => 4)(1)).toBeUndefined();
  });
});
