import type { HeldSlot } from '../worker/remote/slot-journal.ts';
import type { SlotHandle } from '../worker/slot-handle.ts';
import type { AssignedSplit } from './job-code.ts';

/**
 * What readers were given behind a checkpoint: its enumerators do not know of these. Pure.
 */
export const assignedBehind = (checkpointId: number, held: readonly HeldSlot[]): readonly AssignedSplit[] =>
  held.flatMap(({ splits }) =>
    splits.flatMap(({ task, split, behindId }) => (behindId >= checkpointId ? [{ task, split }] : [])),
  );

/**
 * Ends what the coordinator before has left open: slots that have not heard of the last checkpoint are told that it is complete, and the
 * one under way comes to nothing. Its barrier is given to those that did not get it, since gates wait for it. Gives the highest
 * number that a checkpoint has had.
 */
export const endCheckpoints = (
  slots: readonly Pick<SlotHandle, 'inject' | 'checkpointEnded'>[],
  held: readonly HeldSlot[],
  completedId: number,
  triggeredMs: number,
): number => {
  const highestId = Math.max(completedId, ...held.map(({ barrierId }) => barrierId));
  for (const { slot, barrierId, endedId } of held) {
    const handle = slots[slot];
    if (endedId < completedId) handle?.checkpointEnded(completedId, true);
    if (highestId === completedId) continue;
    const checkpoint = { id: highestId, triggeredMs, isWhole: false, parks: false };
    if (barrierId < highestId) handle?.inject({ kind: 'barrier', id: highestId, checkpoint });
    handle?.checkpointEnded(highestId, false);
  }
  return highestId;
};
