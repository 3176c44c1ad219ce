import { type Condition, longestMessage } from '../../../runtime/src/contract/told.ts';
import type { Standing } from './decide/plan.ts';

/** What a condition says, before it is known since when. */
type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * What a standing means, as Kubernetes says it: *Ready* = this generation is in force; *Reconciling* and *Stalled* are there only while
 * they are true, as kstatus wants it; *Finished*, as well, while the job is over for good; *Healthy* = records flow, whatever generation that is.
 */
const saidOf = (
  { phase, progress, reason, message: full }: Standing,
  flows: boolean | undefined,
): readonly Said[] => {
  const message = full.slice(0, longestMessage);
  const ready: Said = { type: 'Ready', status: progress === 'inForce' ? 'True' : 'False', reason, message };
  const more: readonly Said[] =
    progress === 'underWay'
      ? [{ type: 'Reconciling', status: 'True', reason, message }]
      : progress === 'stalled'
        ? [{ type: 'Stalled', status: 'True', reason, message }]
        : [];
  const isOver = phase === 'Finished' || phase === 'Failed';
  const finished: readonly Said[] = isOver ? [{ type: 'Finished', status: 'True', reason, message }] : [];
  const healthy: Said = {
    type: 'Healthy',
    status: flows === undefined ? 'Unknown' : flows ? 'True' : 'False',
    reason: flows === undefined ? 'NotHeard' : flows ? 'Flowing' : 'NotFlowing',
    message:
      flows === true
        ? 'Records flow.'
        : flows === false
          ? 'No records flow.'
          : 'The coordinator is not heard.',
  };
  return [ready, ...more, ...finished, healthy];
};

/** The conditions from now on: those that say the same as before keep their time. */
export const conditionsOf = (
  standing: Standing,
  flows: boolean | undefined,
  before: readonly Condition[],
  observedGeneration: number,
  now: string,
): readonly Condition[] =>
  saidOf(standing, flows).map((said) => {
    const known = before.find(({ type }) => type === said.type);
    const lastTransitionTime = known?.status === said.status ? known.lastTransitionTime : now;
    return { ...said, lastTransitionTime, observedGeneration };
  });
