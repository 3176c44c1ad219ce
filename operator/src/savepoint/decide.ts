/**
 * `savepoint` is the controller of Savepoints: those that somebody has created, and those that the schedule of a job asks for. It has the
 * shape of `streamjob`: *observe*, *decide* (pure), *act*, *status*. A coordinator takes and removes savepoints; what is here asks it
 * to, and tells what came of it.
 */

import type { SavepointStatus } from '../../../runtime/src/contract/control/savepoints.ts';
import type { MaintenanceRequest } from '../../../runtime/src/contract/maintenance.ts';
import type { SavepointObjectStatus, SavepointSpec } from '../../../runtime/src/contract/savepoint.ts';
import type { ServiceAccountSettings } from '../../../runtime/src/contract/service-account.ts';
import type { CheckpointStore } from '../../../runtime/src/contract/store.ts';
import type { CoordinatorView } from '../coordinators/coordinators.ts';
import type { Notice } from '../kube/events.ts';
import type { Pod, SavepointObject } from '../kube/kinds.ts';
import type { Stored } from '../kube/objects.ts';
import { decideDisposal, hasFinalizer, nameOf } from './disposal.ts';

/** The job that a savepoint is of, as far as it matters here. */
export interface SavepointJob {
  readonly uid: string;
  readonly revision: string | undefined;
  /** Of the coordinator that leads; undefined = none is heard. */
  readonly view: CoordinatorView | undefined;
  readonly store: CheckpointStore | undefined;
  readonly serviceAccount: ServiceAccountSettings | undefined;
}

/** One look at a savepoint. */
export interface ObservedSavepoint {
  readonly savepoint: Stored<SavepointObject>;
  readonly status: SavepointObjectStatus | undefined;
  readonly spec: SavepointSpec | { readonly problem: string };
  /** undefined = there is no such job. */
  readonly job: SavepointJob | undefined;
  /** That does what `disposalRequest` says. */
  readonly maintenancePod: Stored<Pod> | undefined;
  readonly nowMs: number;
}

export type SavepointAction =
  | { readonly kind: 'finalizer'; readonly present: boolean }
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'dispose'; readonly name: string }
  /** A pod does it. */
  | { readonly kind: 'maintain'; readonly request: MaintenanceRequest; readonly withinMs: number }
  | { readonly kind: 'endMaintenance' }
  | { readonly kind: 'tell'; readonly notice: Notice };

export interface SavepointPlan {
  readonly actions: readonly SavepointAction[];
  readonly status: Omit<SavepointObjectStatus, 'conditions' | 'observedGeneration'>;
  readonly againMs: number | undefined;
}

const seconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** All that is needed when the job is gone. */
const whereTo = (job: SavepointJob | undefined): Pick<SavepointObjectStatus, 'store' | 'serviceAccount'> => ({
  store: job?.store,
  serviceAccount: job?.serviceAccount,
});

const told = (one: SavepointStatus, observed: ObservedSavepoint): SavepointPlan => {
  const { job } = observed;
  switch (one.state) {
    case 'inProgress':
      return plan({ phase: 'InProgress' });
    case 'failed':
      return plan({ phase: 'Failed', message: (one.failure ?? 'It could not be taken.').slice(0, 1024) });
    case 'completed':
      return plan({
        phase: 'Completed',
        path: one.location ?? undefined,
        bytes: one.bytes,
        completedTime: seconds(one.completedMs ?? observed.nowMs),
        checkpointId: one.checkpointId ?? undefined,
        revision: job?.revision,
        ...whereTo(job),
      });
  }
};

const plan = (
  status: SavepointPlan['status'],
  actions: readonly SavepointAction[] = [],
  againMs?: number,
): SavepointPlan => ({ actions, status, againMs });

/** What is to be done about a savepoint now. Pure. */
export const decideSavepoint = (observed: ObservedSavepoint): SavepointPlan => {
  const { savepoint, status, spec, job } = observed;
  if (savepoint.metadata.deletionTimestamp !== undefined) return decideDisposal(observed);
  if ('problem' in spec) return plan({ phase: 'Failed', message: spec.problem.slice(0, 1024) });
  const wantsFinalizer = spec.disposal === 'Delete';
  const finalizer: readonly SavepointAction[] =
    wantsFinalizer === hasFinalizer(observed) ? [] : [{ kind: 'finalizer', present: wantsFinalizer }];
  if (status?.phase === 'Completed' || status?.phase === 'Failed') return plan(status, finalizer);
  if (spec.path !== undefined)
    return plan({ phase: 'Completed', path: spec.path, revision: job?.revision, ...whereTo(job) }, finalizer);
  if (job === undefined)
    return plan(
      { phase: 'Pending', message: `There is no StreamJob “${spec.jobRef.name}” in this namespace.` },
      finalizer,
    );
  const name = nameOf(observed);
  const known = job.view?.savepoints.find((one) => one.name === name);
  if (known !== undefined) {
    const { status: next, againMs } = told(known, observed);
    return plan(next, finalizer, againMs);
  }
  const isRunning = job.view?.status.state === 'running' && job.view.silentSinceMs === undefined;
  if (!isRunning)
    return plan(
      { phase: 'Pending', message: 'The job does not run: it is taken as soon as it does.' },
      finalizer,
    );
  return plan({ phase: 'InProgress' }, [...finalizer, { kind: 'create', name }]);
};
