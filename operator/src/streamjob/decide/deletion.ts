import { parseDuration } from '../../../../runtime/src/contract/duration.ts';
import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import { finalizer } from '../names.ts';
import type { ObservedJob, ObservedRevision } from '../observed.ts';
import { underWay } from './choice.ts';
import { hasNeverLed, isDown } from './current.ts';
import type { Action, Plan } from './plan.ts';
import { decideRemoval } from './removal.ts';
import { full } from './steady.ts';

/** Whether something is to be done before the objects of a job may go. */
export const needsFinalizer = ({ deletion }: Pick<StreamJobSpec, 'deletion'>): boolean =>
  deletion.savepoint === 'Take' || deletion.data === 'Delete';

/** The savepoint that is taken when a job is deleted; one a job, however often it is asked for. */
export const lastSavepointName = (uid: string): string => `deleted-${uid.slice(0, 8)}`;

/** Whoever has stopped has taken it, and whoever never ran has nothing to keep. */
const hasStopped = (observed: ObservedJob, current: ObservedRevision | undefined): boolean => {
  if (current === undefined || isDown(current) || hasNeverLed(observed, current)) return true;
  // Whoever has removed its pods too, such as the end of a whole namespace, does not wait for a savepoint.
  const { coordinatorSet } = current;
  if (coordinatorSet === undefined || coordinatorSet.metadata.deletionTimestamp !== undefined) return true;
  const state = current.view?.status.state;
  return (
    state === 'stopped' ||
    state === 'suspended' ||
    state === 'finished' ||
    state === 'cancelled' ||
    state === 'failed'
  );
};

const going = underWay('Deleting', 'Deleting', 'The objects of the job are removed.');

const release = ({ job }: ObservedJob): readonly Action[] =>
  job.metadata.finalizers?.includes(finalizer) === true ? [{ kind: 'finalizer', present: false }] : [];

/** Pods that are waited for may be gone without anybody telling. */
const lookAgainMs = 5000;

/**
 * Lets a job go: with a last savepoint, if that is wanted, then its state goes, if that is wanted, then its objects go with it. It always ends: after the time limit, counted from
 * the deletion, nothing is waited for.
 */
export const decideDeletion = (
  observed: ObservedJob,
  spec: StreamJobSpec | undefined,
  current: ObservedRevision | undefined,
): Plan => {
  const { metadata } = observed.job;
  const deletedMs = Date.parse(metadata.deletionTimestamp ?? '');
  const limitMs = deletedMs + parseDuration(spec?.deletion.timeout ?? '2m');
  const takesSavepoint = spec?.deletion.savepoint === 'Take' && !hasStopped(observed, current);
  const isWaiting = takesSavepoint && observed.nowMs < limitMs && current !== undefined;
  const base = { current: current?.name, next: undefined, rejected: undefined };
  if (isWaiting) {
    const name = lastSavepointName(metadata.uid);
    const slots = current.view?.status.parallelism.actual ?? spec.parallelism;
    const actions: readonly Action[] = [
      { kind: 'deploy', deployment: full(current.name, { ...spec, parallelism: slots }, current) },
      {
        kind: 'wish',
        revision: current.name,
        wish: { operation: 'stop', request: { savepoint: true, name } },
      },
    ];
    return {
      ...base,
      actions,
      standing: underWay('Deleting', 'TakingSavepoint', `A last savepoint, ${name}, is taken.`),
      againMs: Math.max(0, limitMs - observed.nowMs),
    };
  }
  const store = spec?.checkpoint?.store;
  if (spec?.deletion.data !== 'Delete' || store === undefined)
    return { ...base, actions: release(observed), standing: going, againMs: undefined };
  const removal = decideRemoval(observed, spec, store, limitMs);
  if (removal.kind === 'over') {
    const before: readonly Action[] = [
      ...(observed.maintenancePods.length === 0 ? [] : [{ kind: 'endMaintenance', spec } as const]),
      { kind: 'tell', notice: removal.notice },
    ];
    return { ...base, actions: [...before, ...release(observed)], standing: going, againMs: undefined };
  }
  return {
    ...base,
    actions: removal.actions,
    standing: underWay('Deleting', removal.reason, removal.message),
    againMs: Math.min(lookAgainMs, limitMs - observed.nowMs),
  };
};
