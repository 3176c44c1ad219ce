import type { FinishedChange, StreamJobStatus } from '../../../runtime/src/contract/status.ts';
import type { Notice } from '../kube/events.ts';

const conditionOf = (status: StreamJobStatus | undefined, type: string) =>
  status?.conditions?.find((condition) => condition.type === type);

const troubled = new Set<StreamJobStatus['phase']>(['Failed', 'Restarting', 'RollingBack']);

/** What a change of the running job has come to, if it is over since. */
const finished = (
  what: 'Rescale' | 'Upgrade',
  before: FinishedChange | undefined,
  now: FinishedChange | undefined,
): readonly Notice[] => {
  if (now === undefined || now.time === before?.time) return [];
  const { from, to, pauseMs, outcome, reason } = now;
  const why = reason === undefined ? '' : `: ${reason}`;
  return [
    {
      type: outcome === 'Done' ? 'Normal' : 'Warning',
      reason: `${what}${outcome}`,
      message: `From ${from} to ${to}; records stood still for ${pauseMs} ms${why}`,
    },
  ];
};

/** It has gone back because somebody wished it. */
const wentBack = (before: StreamJobStatus | undefined, { restored }: StreamJobStatus): readonly Notice[] =>
  restored === undefined || restored.id === before?.restored?.id
    ? []
    : [
        {
          type: 'Normal',
          reason: 'Restored',
          message: `The job went back to ${restored.from}, as spec.restore ${restored.id} says`,
        },
      ];

/** What people should read of the way from one status to the next: transitions, never figures. Pure. */
export const noticesOf = (before: StreamJobStatus | undefined, now: StreamJobStatus): readonly Notice[] => {
  const ready = conditionOf(now, 'Ready');
  const isNew = ready !== undefined && ready.reason !== conditionOf(before, 'Ready')?.reason;
  const isTrouble = conditionOf(now, 'Stalled')?.status === 'True' || troubled.has(now.phase);
  const passage: readonly Notice[] =
    isNew || (before !== undefined && before.phase !== now.phase)
      ? [
          {
            type: isTrouble ? 'Warning' : 'Normal',
            reason: ready?.reason ?? now.phase ?? 'Seen',
            message: ready?.message ?? `The job is ${now.phase}.`,
          },
        ]
      : [];
  return [
    ...finished('Upgrade', before?.lastUpgrade, now.lastUpgrade),
    ...finished('Rescale', before?.lastRescale, now.lastRescale),
    ...wentBack(before, now),
    ...passage,
  ];
};
