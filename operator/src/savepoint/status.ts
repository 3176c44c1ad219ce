import type { SavepointObjectStatus } from '../../../runtime/src/contract/savepoint.ts';
import type { Condition } from '../../../runtime/src/contract/told.ts';

const said = {
  Pending: { ready: 'False', other: 'Reconciling', reason: 'Waiting' },
  InProgress: { ready: 'False', other: 'Reconciling', reason: 'InProgress' },
  Disposing: { ready: 'False', other: 'Reconciling', reason: 'Disposing' },
  Completed: { ready: 'True', other: undefined, reason: 'Completed' },
  Failed: { ready: 'False', other: 'Stalled', reason: 'Failed' },
} as const;

const usualMessages = {
  Pending: 'It waits to be taken.',
  InProgress: 'It is being taken.',
  Disposing: 'Its folder is being removed.',
  Completed: 'It is complete.',
  Failed: 'It could not be taken.',
} as const;

/** The whole status of a savepoint: what was decided, with conditions; those that say the same as before keep their time. Pure. */
export const savepointStatus = (
  status: SavepointObjectStatus,
  before: readonly Condition[],
  observedGeneration: number,
  nowMs: number,
): SavepointObjectStatus => {
  const { phase = 'Pending' } = status;
  const { ready, other, reason } = said[phase];
  const message = status.message ?? usualMessages[phase];
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const conditionOf = (type: string, value: Condition['status']): Condition => {
    const known = before.find((condition) => condition.type === type);
    const lastTransitionTime = known?.status === value ? known.lastTransitionTime : now;
    return { type, status: value, reason, message, lastTransitionTime, observedGeneration };
  };
  const conditions = [
    conditionOf('Ready', ready),
    ...(other === undefined ? [] : [conditionOf(other, 'True')]),
  ];
  const whole = { ...status, phase, conditions, observedGeneration };
  return Object.fromEntries(Object.entries(whole).filter(([, part]) => part !== undefined));
};
