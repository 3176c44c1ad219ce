import type { CheckpointStore } from '../../../../runtime/src/contract/store.ts';
import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import type { Notice } from '../../kube/events.ts';
import { progressOf } from '../../maintenance/progress.ts';
import type { ObservedJob } from '../observed.ts';
import type { Action } from './plan.ts';

/** How far the state of a job is removed from its store: what to do and say next, or what to say at the end. */
export type Removal =
  | {
      readonly kind: 'underWay';
      readonly actions: readonly Action[];
      readonly reason: string;
      readonly message: string;
    }
  | { readonly kind: 'over'; readonly notice: Notice };

/** Where the state of a job lies, for people. */
export const placeOf = ({ s3, directory }: CheckpointStore, uid: string): string =>
  s3 === undefined
    ? `${directory ?? ''}/jobs/${uid}`
    : `${s3.endpoint === undefined ? '' : `${s3.endpoint}: `}s3://${[s3.bucket, s3.prefix].filter((part) => part !== '').join('/')}/jobs/${uid}`;

/** What is said when a job goes and its state does not. */
export const leftBehind = (store: CheckpointStore, uid: string, why: string): Notice => ({
  type: 'Warning',
  reason: 'DataLeft',
  message: `Its state was not removed: ${why} It lies in ${placeOf(store, uid)}.`,
});

/** A pod on a node that nobody reaches stays in the cluster for long: when its time to end is over it is not waited for. */
const runs = (nowMs: number, deletionTimestamp: string | undefined): boolean =>
  deletionTimestamp === undefined || Date.parse(deletionTimestamp) > nowMs;

/** First nobody may write any more, then a pod removes what was written. Pure. */
export const decideRemoval = (
  observed: ObservedJob,
  spec: StreamJobSpec,
  store: CheckpointStore,
  limitMs: number,
): Removal => {
  const { job, revisions, maintenancePods, nowMs } = observed;
  const { uid, name, namespace = 'default' } = job.metadata;
  const pods = revisions.flatMap(({ coordinatorPods, workerPods }) => [...coordinatorPods, ...workerPods]);
  const sets = revisions.filter(({ coordinatorSet, workerSet }) =>
    [coordinatorSet, workerSet].some(
      (set) => set !== undefined && runs(nowMs, set.metadata.deletionTimestamp),
    ),
  );
  const [pod] = maintenancePods;
  const progress = progressOf(pod);
  if (progress.kind === 'done') {
    const count = progress.objects === undefined ? '' : `, ${progress.objects} objects`;
    const message = `Its state is removed${count}. Savepoints stay.`;
    return { kind: 'over', notice: { type: 'Normal', reason: 'DataRemoved', message } };
  }
  const trouble = progress.kind === 'running' || progress.kind === 'failed' ? progress.trouble : undefined;
  if (nowMs >= limitMs) {
    const why = trouble ?? 'there was not enough time.';
    return { kind: 'over', notice: leftBehind(store, uid, `${why.replace(/\.?$/, '.')}`) };
  }
  if (sets.length > 0 || pods.some(({ metadata }) => runs(nowMs, metadata.deletionTimestamp)))
    return {
      kind: 'underWay',
      actions: sets.map((revision) => ({ kind: 'withdraw', revision })),
      reason: 'StoppingPods',
      message: 'Its pods end, then its state is removed.',
    };
  const isOver = progress.kind === 'failed';
  return {
    kind: 'underWay',
    actions: [
      isOver
        ? ({ kind: 'endMaintenance', spec } as const)
        : ({
            kind: 'maintain',
            spec,
            request: { operation: 'deleteJob', jobUid: uid, name: { namespace, name }, store },
            withinMs: limitMs - nowMs,
          } as const),
    ],
    reason: 'RemovingData',
    message: `Its state in the store is removed${trouble === undefined ? '.' : `: ${trouble}`}`,
  };
};
