import { parseDuration } from '../../../../runtime/src/contract/duration.ts';
import type { ObservedJob } from '../observed.ts';
import type { Plan, ValidWish } from './plan.ts';

/** Timers do not reach further; who waits longer looks again on the way. */
const longestWaitMs = 24 * 3_600_000;

/** Since when a job is over, as its status says; undefined = it is not, or that was not written yet. */
const finishedMs = ({ status }: ObservedJob): number | undefined => {
  const finished = status?.conditions?.find(({ type }) => type === 'Finished');
  return finished === undefined ? undefined : Date.parse(finished.lastTransitionTime);
};

/** A plan, and a job that has been over for `ttlAfterFinished` is deleted, as if somebody had done it. */
export const withExpiry = (observed: ObservedJob, { spec }: ValidWish, plan: Plan): Plan => {
  const { phase } = plan.standing;
  const sinceMs = finishedMs(observed);
  const isOver = phase === 'Finished' || phase === 'Failed';
  if (spec.ttlAfterFinished === undefined || !isOver || sinceMs === undefined) return plan;
  const leftMs = sinceMs + parseDuration(spec.ttlAfterFinished) - observed.nowMs;
  if (leftMs <= 0) return { ...plan, actions: [...plan.actions, { kind: 'deleteJob' }] };
  return { ...plan, againMs: Math.min(plan.againMs ?? longestWaitMs, leftMs, longestWaitMs) };
};
