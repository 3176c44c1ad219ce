import type { SubtaskReport } from '../worker/slot-handle.ts';

/**
 * The task that holds the barrier of a checkpoint up, with its slots: of those where it has not passed the first that does not wait for room
 * itself. Undefined = it has passed everywhere, as far as is known. Pure.
 */
export const slowTaskOf = (
  reports: readonly Pick<SubtaskReport, 'task' | 'name' | 'slot' | 'flow'>[],
  checkpointId: number,
): string | undefined => {
  const waiting = reports
    .filter(({ flow }) => flow !== undefined && flow.passedCheckpointId < checkpointId)
    .sort((one, other) => one.task - other.task || one.slot - other.slot);
  const slow = waiting.find(({ flow }) => flow?.isBackPressured === false) ?? waiting[0];
  if (slow === undefined) return undefined;
  const slots = waiting.filter(({ task }) => task === slow.task).map(({ slot }) => slot);
  return `“${slow.name}” in slot ${slots.join(', ')}`;
};
