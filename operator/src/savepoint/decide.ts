/**
 * `savepoint` is the controller of Savepoints: those that somebody has created, and those that the schedule of a job asks for. It has the
 * shape of `streamjob`: *observe*, *decide* (pure), *act*, *status*. A coordinator takes and removes savepoints; what is here asks it
 * to, and tells what came of it.
 */
import type { SavepointStatus } from '../../../runtime/src/contract/control/savepoints.ts';
import type { SavepointObjectStatus, SavepointSpec } from '../../../runtime/src/contract/savepoint.ts';
import type { CheckpointStore } from '../../../runtime/src/contract/store.ts';
import type { CoordinatorView } from '../coordinators/coordinators.ts';
import type { SavepointObject } from '../kube/kinds.ts';
import type { Stored } from '../kube/objects.ts';

/** The job that a savepoint is of, as far as it matters here. */
export interface SavepointJob {
  readonly revision: string | undefined;
  /** Of the coordinator that leads; undefined = none is heard. */
  readonly view: CoordinatorView | undefined;
  readonly store: CheckpointStore | undefined;
}

/** One look at a savepoint. */
export interface ObservedSavepoint {
  readonly savepoint: Stored<SavepointObject>;
  readonly status: SavepointObjectStatus | undefined;
  readonly spec: SavepointSpec | { readonly problem: string };
  /** undefined = there is no such job. */
  readonly job: SavepointJob | undefined;
  readonly nowMs: number;
}

export type SavepointAction =
  | { readonly kind: 'finalizer'; readonly present: boolean }
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'dispose'; readonly name: string };

export interface SavepointPlan {
  readonly actions: readonly SavepointAction[];
  readonly status: Omit<SavepointObjectStatus, 'conditions' | 'observedGeneration'>;
  readonly againMs: number | undefined;
}

export const savepointFinalizer = 'millrace.dev/dispose';

/** After this a deleted savepoint goes although its folder may be left: a deletion always ends. */
const disposeWithinMs = 600_000;

const nameOf = ({ savepoint, spec }: ObservedSavepoint): string =>
  ('problem' in spec ? undefined : spec.name) ?? savepoint.metadata.name;

const seconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

const plan = (
  status: SavepointPlan['status'],
  actions: readonly SavepointAction[] = [],
  againMs?: number,
): SavepointPlan => ({ actions, status, againMs });

const hasFinalizer = ({ savepoint }: ObservedSavepoint): boolean =>
  savepoint.metadata.finalizers?.includes(savepointFinalizer) === true;

/** Its folder goes first, where that is wanted and somebody is there who can. */
const decideDeletion = (observed: ObservedSavepoint): SavepointPlan => {
  const { savepoint, status, spec, job, nowMs } = observed;
  if (!hasFinalizer(observed)) return plan(status ?? {});
  const release = plan(status ?? {}, [{ kind: 'finalizer', present: false }]);
  const name = nameOf(observed);
  const waitedMs = nowMs - Date.parse(savepoint.metadata.deletionTimestamp ?? '');
  const isToGo = !('problem' in spec) && spec.disposal === 'Delete' && status?.phase !== 'Failed';
  const known = job?.view?.savepoints.find((one) => one.name === name);
  const isGone = job?.view !== undefined && known === undefined && status?.phase === 'Disposing';
  if (!isToGo || isGone || waitedMs > disposeWithinMs) return release;
  const disposing = { ...status, phase: 'Disposing' } as const;
  if (job?.view === undefined)
    return plan(
      {
        ...disposing,
        message: 'No coordinator of the job runs that could remove it; its folder is left after ten minutes.',
      },
      [],
      disposeWithinMs - waitedMs,
    );
  return plan({ ...disposing, message: undefined }, [{ kind: 'dispose', name }], disposeWithinMs - waitedMs);
};

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
        store: job?.store,
      });
  }
};

/** What is to be done about a savepoint now. Pure. */
export const decideSavepoint = (observed: ObservedSavepoint): SavepointPlan => {
  const { savepoint, status, spec, job } = observed;
  if (savepoint.metadata.deletionTimestamp !== undefined) return decideDeletion(observed);
  if ('problem' in spec) return plan({ phase: 'Failed', message: spec.problem.slice(0, 1024) });
  const wantsFinalizer = spec.disposal === 'Delete';
  const finalizer: readonly SavepointAction[] =
    wantsFinalizer === hasFinalizer(observed) ? [] : [{ kind: 'finalizer', present: wantsFinalizer }];
  if (status?.phase === 'Completed' || status?.phase === 'Failed') return plan(status, finalizer);
  if (spec.path !== undefined)
    return plan(
      { phase: 'Completed', path: spec.path, revision: job?.revision, store: job?.store },
      finalizer,
    );
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
