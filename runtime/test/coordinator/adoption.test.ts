import { describe, expect, it } from 'vitest';
import { assignedBehind, endCheckpoints } from '../../src/coordinator/adoption.ts';
import type { HeldSlot } from '../../src/worker/remote/slot-journal.ts';

const held = (slot: number, words: Partial<HeldSlot> = {}): HeldSlot => ({
  slot,
  barrierId: 0,
  endedId: 0,
  splits: [],
  asked: [],
  ended: undefined,
  ...words,
});

/** What each slot is told when checkpoint 4 is the last in the log. */
const told = (...slots: readonly HeldSlot[]) => {
  const words: string[][] = slots.map(() => []);
  const handles = words.map((own) => ({
    inject: ({ id }: { readonly id: number }) => void own.push(`barrier ${id}`),
    checkpointEnded: (id: number, completed: boolean) => void own.push(`${id} ${completed}`),
  }));
  return { highest: endCheckpoints(handles, slots, 4, 0), words };
};

describe('the checkpoint that a coordinator has left open', () => {
  it('comes to nothing, and slots without its barrier get it, so that no gate waits', () => {
    const { highest, words } = told(
      held(0, { barrierId: 5, endedId: 4 }),
      held(1, { barrierId: 4, endedId: 4 }),
      held(2, { barrierId: 4, endedId: 3 }),
    );
    expect(words).toEqual([['5 false'], ['barrier 5', '5 false'], ['4 true', 'barrier 5', '5 false']]);
    expect(highest).toBe(5);
  });

  it('is told to be complete where it is in the log', () => {
    const { highest, words } = told(
      held(0, { barrierId: 4, endedId: 3 }),
      held(1, { barrierId: 4, endedId: 4 }),
    );
    expect(words).toEqual([['4 true'], []]);
    expect(highest).toBe(4);
  });
});

describe('splits that readers were given', () => {
  it('are those behind the barrier of the checkpoint, in all slots', () => {
    const splits = [
      { task: 1, split: 'a', behindId: 3 },
      { task: 1, split: 'b', behindId: 4 },
    ];
    const others = [{ task: 2, split: 'c', behindId: 5 }];
    expect(assignedBehind(4, [held(0, { splits }), held(1, { splits: others })])).toEqual([
      { task: 1, split: 'b' },
      { task: 2, split: 'c' },
    ]);
  });
});
