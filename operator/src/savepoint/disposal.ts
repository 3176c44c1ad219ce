import type { MaintenanceRequest } from '../../../runtime/src/contract/maintenance.ts';
import type { Notice } from '../kube/events.ts';
import { progressOf } from '../maintenance/progress.ts';
import type { ObservedSavepoint, SavepointAction, SavepointPlan } from './decide.ts';

export const savepointFinalizer = 'millrace.dev/dispose';

/** After this a deleted savepoint goes although its folder may be left: a deletion always ends. */
const disposeWithinMs = 600_000;
/** So long a coordinator that is not heard is waited for: it may only be starting again. */
const patienceMs = 30_000;

export const nameOf = ({ savepoint, spec }: ObservedSavepoint): string =>
  ('problem' in spec ? undefined : spec.name) ?? savepoint.metadata.name;

export const hasFinalizer = ({ savepoint }: ObservedSavepoint): boolean =>
  savepoint.metadata.finalizers?.includes(savepointFinalizer) === true;

const waitedMs = ({ savepoint, nowMs }: ObservedSavepoint): number =>
  nowMs - Date.parse(savepoint.metadata.deletionTimestamp ?? '');

/** Whether no coordinator removes it: the job is gone or another one of its name, does not run, or has never made it. */
const isLeft = (observed: ObservedSavepoint, path: string): boolean => {
  const { job, spec } = observed;
  if (job === undefined || ('path' in spec && spec.path !== undefined)) return true;
  return (
    !`/${path}`.includes(`/jobs/${job.uid}/`) || (job.view === undefined && waitedMs(observed) > patienceMs)
  );
};

/** What a pod is to do so that the folder of a savepoint is gone; undefined = a coordinator does it, or there is none to remove. Pure. */
export const disposalRequest = (
  observed: Omit<ObservedSavepoint, 'maintenancePod'>,
): MaintenanceRequest | undefined => {
  const { status, spec, savepoint } = observed;
  const isToGo = !('problem' in spec) && spec.disposal === 'Delete' && status?.phase !== 'Failed';
  const { path, store } = status ?? {};
  if (!isToGo || savepoint.metadata.deletionTimestamp === undefined) return undefined;
  if (path === undefined || store === undefined || !isLeft({ ...observed, maintenancePod: undefined }, path))
    return undefined;
  return { operation: 'disposeSavepoint', path, store };
};

export const folderLeft = (path: string, why: string): Notice => ({
  type: 'Warning',
  reason: 'DataLeft',
  message: `Its folder was not removed: ${why} It is ${path}.`,
});

const release: SavepointAction = { kind: 'finalizer', present: false };

/** A pod removes it: with the store and the account that the status has kept. */
const decideByPod = (
  observed: ObservedSavepoint,
  request: MaintenanceRequest,
  path: string,
): SavepointPlan => {
  const { status, maintenancePod } = observed;
  const leftMs = disposeWithinMs - waitedMs(observed);
  const progress = progressOf(maintenancePod);
  const end: readonly SavepointAction[] = maintenancePod === undefined ? [] : [{ kind: 'endMaintenance' }];
  const base = { ...status, phase: 'Disposing' } as const;
  if (progress.kind === 'done')
    return { actions: [...end, release], status: { ...base, message: undefined }, againMs: undefined };
  const trouble = progress.kind === 'none' ? undefined : progress.trouble;
  if (leftMs <= 0) {
    const notice = folderLeft(path, `${trouble ?? 'there was not enough time.'}`.replace(/\.?$/, '.'));
    return { actions: [...end, { kind: 'tell', notice }, release], status: base, againMs: undefined };
  }
  return {
    actions: progress.kind === 'failed' ? end : [{ kind: 'maintain', request, withinMs: leftMs }],
    status: { ...base, message: trouble?.slice(0, 1024) },
    againMs: leftMs,
  };
};

/** What becomes of a savepoint that is deleted: its folder goes first, where that is wanted. It always ends. Pure. */
export const decideDisposal = (observed: ObservedSavepoint): SavepointPlan => {
  const { status, spec, job } = observed;
  const released: SavepointPlan = { actions: [release], status: status ?? {}, againMs: undefined };
  if (!hasFinalizer(observed)) return { ...released, actions: [] };
  const request = disposalRequest(observed);
  if (request !== undefined) return decideByPod(observed, request, status?.path ?? '');
  const name = nameOf(observed);
  const leftMs = disposeWithinMs - waitedMs(observed);
  const isToGo = !('problem' in spec) && spec.disposal === 'Delete' && status?.phase !== 'Failed';
  const known = job?.view?.savepoints.find((one) => one.name === name);
  const isGone = job?.view !== undefined && known === undefined && status?.phase === 'Disposing';
  if (!isToGo || isGone || leftMs <= 0) return released;
  // Of one that was never complete nobody knows a folder.
  if (job === undefined) return released;
  const disposing = { ...status, phase: 'Disposing', message: undefined } as const;
  if (job.view !== undefined)
    return { actions: [{ kind: 'dispose', name }], status: disposing, againMs: leftMs };
  const message = 'No coordinator of the job is heard; a pod removes its folder if none comes back.';
  return { actions: [], status: { ...disposing, message }, againMs: Math.min(patienceMs, leftMs) };
};
