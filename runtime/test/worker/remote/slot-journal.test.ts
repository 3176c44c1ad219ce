import { describe, expect, it } from 'vitest';
import type { SlotCall } from '../../../src/worker/remote/slot-calls.ts';
import { SlotJournal } from '../../../src/worker/remote/slot-journal.ts';

const begun = (...calls: readonly SlotCall[]): SlotJournal => {
  const journal = new SlotJournal(2);
  for (const call of [{ kind: 'open', beginning: undefined }, { kind: 'start' }, ...calls] as const)
    journal.told(call);
  return journal;
};

const barrier = (id: number, parks: boolean = false): SlotCall => ({
  kind: 'inject',
  barrier: { kind: 'barrier', id, checkpoint: { id, triggeredMs: 0, isWhole: false, parks } },
});
const split = (text: string): SlotCall => ({ kind: 'addSplit', task: 1, split: text });

describe('the journal of a slot', () => {
  it('keeps the splits behind the last checkpoint that is complete, each with the barrier before it', () => {
    const journal = begun(split('a'), barrier(3), split('b'), barrier(4), split('c'));
    journal.told({ kind: 'checkpointEnded', checkpointId: 3, completed: true });
    expect(journal.held.splits).toEqual([
      { task: 1, split: 'b', behindId: 3 },
      { task: 1, split: 'c', behindId: 4 },
    ]);
    journal.told({ kind: 'checkpointEnded', checkpointId: 4, completed: false });
    expect(journal.held).toMatchObject({ barrierId: 4, endedId: 4 });
    expect(journal.held.splits).toHaveLength(2);
  });

  it('begins at the checkpoint that the slot was restored from', () => {
    const journal = begun();
    const checkpoint = { checkpointId: 7, objects: [], maxParallelism: 8 };
    journal.told({ kind: 'open', beginning: { checkpoint } as never });
    journal.told(split('a'));
    const splits = [{ task: 1, split: 'a', behindId: 7 }];
    expect(journal.held).toMatchObject({ barrierId: 7, endedId: 7, splits });
  });

  it('knows what was asked for and not answered', () => {
    const journal = begun();
    for (const task of [1, 1, 1, 2]) journal.says({ kind: 'requestSplit', task });
    journal.told(split('a'));
    expect(journal.held.asked).toEqual([1, 1, 2]);
    journal.told({ kind: 'noMoreSplits', task: 1 });
    expect(journal.held.asked).toEqual([2]);
  });

  it('tells that all has ended', () => {
    const journal = begun();
    journal.says({ kind: 'ended', drained: true });
    expect(journal.held.ended).toEqual({ drained: true });
    expect(journal.canBeHeld).toBe(true);
  });

  it('holds no slot that has not begun, that ends, or whose routes have changed', () => {
    expect(new SlotJournal(0).canBeHeld).toBe(false);
    expect(begun().canBeHeld).toBe(true);
    for (const kind of ['stop', 'drain', 'release', 'cancel'] as const)
      expect(begun({ kind }).canBeHeld).toBe(false);
    expect(begun(barrier(3, true)).canBeHeld).toBe(false);
    const routing = { version: 3, slotOf: [0, 1] };
    const moved = begun({ kind: 'inject', barrier: { kind: 'barrier', id: 3, routing } });
    expect(moved.canBeHeld).toBe(false);
    for (const answer of [
      { kind: 'finished', drained: true },
      { kind: 'state', toSlot: 1, state: {} as never },
    ] as const) {
      const journal = begun();
      journal.says(answer);
      expect(journal.canBeHeld).toBe(false);
    }
  });
});
