import type { Ask } from '../../../runtime/src/contract/control/client.ts';
import type { RequestOf } from '../../../runtime/src/contract/control/operations.ts';
import type { StreamJobSpec } from '../../../runtime/src/contract/stream-job.ts';
import type { Hashing } from '../../../runtime/src/sys/hashing.ts';
import type { KubeClient } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { Notice } from '../kube/events.ts';
import * as kinds from '../kube/kinds.ts';
import type { KubeObject, ResourceType, Stored } from '../kube/objects.ts';
import { beginMaintenance, endMaintenance } from '../maintenance/act.ts';
import { maintenanceObjects, maintenanceRole } from '../maintenance/pod.ts';
import type { Action, CoordinatorWish, Deployment } from './decide/plan.ts';
import { leftBehind } from './decide/removal.ts';
import { finalizer, identityOf, type JobIdentity, jobLabels, type Role, roleLabel } from './names.ts';
import { type ObservedJob, type ObservedRevision, revisionNamed } from './observed.ts';
import { renderJobObjects } from './resources/job-objects.ts';
import type { RenderSettings } from './resources/render-settings.ts';
import { controllerRevisionOf, type RevisionData, renderRevision } from './resources/revision-objects.ts';

/** An object as it was when something was decided about it; undefined = it was not there. */
export interface Seen<O extends KubeObject> {
  readonly object: Stored<O> | undefined;
}

/** What acting needs beside the plan. */
export interface Acting {
  readonly client: KubeClient;
  readonly settings: RenderSettings;
  readonly hashing: Hashing;
  /** Makes an object as it is wanted, unless it is that already. `seen`: what it was when that was decided; absent = as it is now. */
  readonly ensure: <O extends KubeObject>(type: ResourceType<O>, desired: O, seen?: Seen<O>) => Promise<void>;
  /** A coordinator that is heard; undefined = there is none. */
  readonly askOf: (revision: ObservedRevision) => Ask | undefined;
  /** Whether a wish is to be sent now: one that was taken a moment ago is not said again. */
  readonly isDue: (revision: string, wish: CoordinatorWish) => boolean;
  readonly onSaid: (revision: string, wish: CoordinatorWish) => void;
  readonly onTaken: (revision: string, wish: CoordinatorWish) => void;
  /** Tells people what has happened to the job; waits for nothing and never fails. */
  readonly tell: (notice: Notice) => void;
  /** The job itself was changed: what is written next to it builds on that. */
  readonly onJobChanged: (job: Stored<kinds.StreamJobObject>) => void;
  readonly onRefused: (revision: string, wish: CoordinatorWish, error: unknown) => void;
}

const highestNumber = ({ revisions }: ObservedJob): number =>
  Math.max(0, ...revisions.map(({ object }) => object.revision));

/** Writes a revision down; from then on it is made from what was written, and never from what the operator would make of it later. */
const record = async (
  acting: Acting,
  observed: ObservedJob,
  job: JobIdentity,
  action: Extract<Action, { readonly kind: 'record' }>,
): Promise<RevisionData> => {
  const { revision, wanted } = action;
  const data = renderRevision(job, revision, wanted, acting.settings);
  const object = controllerRevisionOf(job, revision, highestNumber(observed) + 1, data);
  try {
    await acting.client.create(kinds.controllerRevisions, object);
    return data;
  } catch (error) {
    if (!KubeError.is(error, 'alreadyExists')) throw error;
    const { namespace, name } = { namespace: job.namespace, name: object.metadata.name };
    const there = await acting.client.get(kinds.controllerRevisions, { namespace, name });
    if (there === undefined) throw error;
    return there.data as RevisionData;
  }
};

const deploy = async (
  acting: Acting,
  data: RevisionData,
  { coordinators, workers }: Deployment,
  seen: ObservedRevision | undefined,
): Promise<void> => {
  const { configMap, service, coordinator, worker } = data.objects;
  const sized = (set: kinds.ReplicaSet, replicas: number): kinds.ReplicaSet => ({
    ...set,
    spec: { ...set.spec, replicas },
  });
  await acting.ensure(kinds.configMaps, configMap);
  await acting.ensure(kinds.services, service);
  await acting.ensure(kinds.replicaSets, sized(coordinator, coordinators), { object: seen?.coordinatorSet });
  await acting.ensure(kinds.replicaSets, sized(worker, workers), { object: seen?.workerSet });
};

const surround = async (
  acting: Acting,
  job: JobIdentity,
  active: string,
  spec: StreamJobSpec,
): Promise<void> => {
  const { trust, serviceAccount, networkPolicy, disruptionBudget } = renderJobObjects(
    job,
    active,
    spec,
    acting.settings,
  );
  await acting.ensure(kinds.configMaps, trust);
  if (serviceAccount !== undefined) await acting.ensure(kinds.serviceAccounts, serviceAccount);
  await acting.ensure(kinds.networkPolicies, networkPolicy);
  await acting.ensure(kinds.podDisruptionBudgets, disruptionBudget);
};

const withdraw = async ({ client }: Acting, job: JobIdentity, revision: ObservedRevision): Promise<void> => {
  const { namespace } = job;
  for (const set of [revision.workerSet, revision.coordinatorSet]) {
    if (set === undefined) continue;
    const { name, uid } = set.metadata;
    await client.remove(kinds.replicaSets, { namespace, name }, { uid });
  }
  const { service, configMap } = revision.data.objects;
  for (const [type, { metadata }] of [
    [kinds.services, service],
    [kinds.configMaps, configMap],
  ] as const) {
    const at = { namespace, name: metadata.name };
    const live = await client.get<KubeObject>(type, at);
    if (live !== undefined) await client.remove(type, at, { uid: live.metadata.uid });
  }
};

const podsOf = ({ coordinatorPods, workerPods }: ObservedRevision, role: Role) =>
  role === 'coordinator' ? coordinatorPods : workerPods;

const removePods = async (
  { client }: Pick<Acting, 'client'>,
  pods: readonly Stored<kinds.Pod>[],
): Promise<void> => {
  for (const { metadata } of pods) {
    const { name, namespace = '', uid } = metadata;
    await client.remove(kinds.pods, { namespace, name }, { uid });
  }
};

const offerPods = async (
  { client }: Acting,
  observed: ObservedJob,
  uids: readonly string[],
): Promise<void> => {
  for (const { metadata } of observed.revisions.flatMap(({ workerPods }) => workerPods)) {
    const { name, namespace = '', uid, annotations } = metadata;
    if (!uids.includes(uid) || annotations?.['controller.kubernetes.io/pod-deletion-cost'] !== undefined)
      continue;
    const patch = { metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-100' } } };
    await client.patch(kinds.pods, { namespace, name }, patch, { uid });
  }
};

const setFinalizer = async (
  { client, onJobChanged }: Acting,
  { job }: ObservedJob,
  isPresent: boolean,
): Promise<void> => {
  const { name, namespace = '', uid, resourceVersion, finalizers = [] } = job.metadata;
  const others = finalizers.filter((other) => other !== finalizer);
  const patch = { metadata: { finalizers: isPresent ? [...others, finalizer] : others } };
  // A list is replaced as a whole: only on top of what was read.
  const changed = await client.patch(kinds.streamJobs, { namespace, name }, patch, { uid, resourceVersion });
  onJobChanged(changed);
};

const hasAccount = ({ serviceAccount }: StreamJobSpec): boolean => serviceAccount?.annotations !== undefined;

/** Starts the pod that does it. Where there can be none the job goes without, and people are told what is left. */
const maintain = async (
  acting: Acting,
  observed: ObservedJob,
  { spec, request, withinMs }: Extract<Action, { readonly kind: 'maintain' }>,
): Promise<void> => {
  const { client, settings, hashing, tell } = acting;
  const job = identityOf(observed.job);
  const { job: code, serviceAccount, env, podTemplate } = spec;
  const task = {
    namespace: job.namespace,
    job: job.name,
    uid: job.uid,
    labels: { ...podTemplate?.labels, ...jobLabels(job), [roleLabel]: maintenanceRole },
    request,
    image: code.code?.image,
    serviceAccount,
    env,
    podTemplate,
    withinMs,
  };
  const refusal = await beginMaintenance(client, maintenanceObjects(task, settings, hashing));
  if (refusal === undefined) return;
  tell(leftBehind(request.store, job.uid, refusal));
  await setFinalizer(acting, observed, false);
};

const send = async (ask: Ask, { operation, request }: CoordinatorWish): Promise<void> => {
  await ask(operation, request as RequestOf<typeof operation>);
};

/** Whether pods come or go by it. */
const changesPods = (observed: ObservedJob, { revision, coordinators, workers }: Deployment): boolean => {
  const { coordinatorSet, workerSet } = revisionNamed(observed, revision) ?? {};
  return coordinatorSet?.spec.replicas !== coordinators || workerSet?.spec.replicas !== workers;
};

/** Steps that another step does not make good again. */
const isFateful = (observed: ObservedJob, action: Action): boolean => {
  switch (action.kind) {
    case 'deploy':
      return changesPods(observed, action.deployment);
    case 'wish':
    case 'withdraw':
    case 'removePods':
      return true;
    default:
      return false;
  }
};

/**
 * Reads the job once more. Whoever has decided by an older one, since a cache is behind or another operator has acted meanwhile, would take
 * away what is wanted now. @throws KubeError `conflict` when it is not as it was seen
 */
const expectUnchanged = async ({ client }: Acting, { job }: ObservedJob): Promise<void> => {
  const { name, namespace = '', resourceVersion } = job.metadata;
  const live = await client.get(kinds.streamJobs, { namespace, name });
  if (live?.metadata.resourceVersion !== resourceVersion)
    throw new KubeError('conflict', `The StreamJob ${namespace}/${name} has changed since it was looked at.`);
};

/** Does one step. @throws KubeError what the API server refuses, or does not answer */
const perform = async (
  acting: Acting,
  observed: ObservedJob,
  recorded: Map<string, RevisionData>,
  action: Action,
): Promise<void> => {
  const job = identityOf(observed.job);
  switch (action.kind) {
    case 'record': {
      recorded.set(action.revision, await record(acting, observed, job, action));
      return;
    }
    case 'deploy': {
      const { revision } = action.deployment;
      const seen = revisionNamed(observed, revision);
      const data = seen?.data ?? recorded.get(revision);
      if (data !== undefined) await deploy(acting, data, action.deployment, seen);
      return;
    }
    case 'surround':
      return surround(acting, job, action.active, action.spec);
    case 'withdraw':
      return withdraw(acting, job, action.revision);
    case 'forget': {
      const { name, uid } = action.revision.object.metadata;
      return acting.client.remove(kinds.controllerRevisions, { namespace: job.namespace, name }, { uid });
    }
    case 'offerPods':
      return offerPods(acting, observed, action.uids);
    case 'removePods':
      return removePods(acting, podsOf(action.revision, action.role));
    case 'renewPods':
      return removePods(acting, action.pods);
    case 'maintain':
      return maintain(acting, observed, action);
    case 'endMaintenance':
      return endMaintenance(acting.client, observed.maintenancePods, hasAccount(action.spec));
    case 'tell':
      return acting.tell(action.notice);
    case 'deleteJob': {
      const { uid, resourceVersion } = observed.job.metadata;
      return acting.client.remove(kinds.streamJobs, job, { uid, resourceVersion });
    }
    case 'finalizer':
      return setFinalizer(acting, observed, action.present);
    case 'wish': {
      const { revision, wish } = action;
      const ask = acting.askOf(revisionNamed(observed, revision) as ObservedRevision);
      if (ask === undefined) return;
      acting.onSaid(revision, wish);
      try {
        await send(ask, wish);
        acting.onTaken(revision, wish);
      } catch (error) {
        acting.onRefused(revision, wish, error);
      }
      return;
    }
  }
};

/** Does the steps of a plan in order. The first that fails ends it: the next look at the job begins again. */
export const act = async (
  acting: Acting,
  observed: ObservedJob,
  actions: readonly Action[],
): Promise<void> => {
  const recorded = new Map<string, RevisionData>();
  // Of a job that has no pods yet nothing can be lost.
  let isCertain = observed.revisions.every(({ coordinatorSet }) => coordinatorSet === undefined);
  for (const action of actions) {
    if (action.kind === 'wish' && !acting.isDue(action.revision, action.wish)) continue;
    if (!isCertain && isFateful(observed, action)) {
      await expectUnchanged(acting, observed);
      isCertain = true;
    }
    await perform(acting, observed, recorded, action);
    // It was written on top of what was seen.
    if (action.kind === 'finalizer') isCertain = true;
  }
};
