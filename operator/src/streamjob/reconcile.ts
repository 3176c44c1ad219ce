/**
 * `streamjob` is the controller of StreamJobs. `reconcile.ts` is its spine: *observe* (what caches and coordinators say, as one value),
 * *decide* (pure: a plan), *act* (the plan, step by step), *status* (pure: what is said about it). A *revision* is one version of the
 * code and configuration of a job, written down in a ControllerRevision; `resources` makes its objects.
 */
import type { Ask } from '../../../runtime/src/contract/control/client.ts';
import { reasonOf } from '../../../runtime/src/contract/reason.ts';
import type { SavepointObjectStatus } from '../../../runtime/src/contract/savepoint.ts';
import type { StreamJobStatus } from '../../../runtime/src/contract/status.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import type { Logger } from '../../../runtime/src/telemetry/logger.ts';
import type { Coordinators } from '../coordinators/coordinators.ts';
import { type Backoff, backoffMs } from '../kube/backoff.ts';
import type { KubeClient, ObjectName } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { Notice } from '../kube/events.ts';
import { streamJobs } from '../kube/kinds.ts';
import type { KubeObject, ResourceType, Stored } from '../kube/objects.ts';
import { act, type Seen } from './act.ts';
import { coordinatorPlaces } from './coordinator-places.ts';
import { decide } from './decide/decide.ts';
import type { CoordinatorWish, Plan } from './decide/plan.ts';
import { annotations, identityOf } from './names.ts';
import { type JobObjectsRead, observe, specReader } from './observe.ts';
import type { ObservedJob, ObservedRevision } from './observed.ts';
import type { PodEvents } from './pod-events.ts';
import type { RenderSettings } from './resources/render-settings.ts';
import { withSavepoint } from './restore.ts';
import { decideWrite, statusOf } from './status.ts';
import { noticesOf } from './transitions.ts';
import type { Wishes } from './wishes.ts';

/** What reconciling takes. One is made for all jobs. */
export interface Reconciling {
  readonly system: Pick<System, 'clock' | 'hashing' | 'random'>;
  readonly logger: Logger;
  readonly client: KubeClient;
  readonly coordinators: Coordinators;
  readonly settings: RenderSettings;
  readonly wishes: Wishes;
  readonly podEvents: PodEvents;
  /** What the cluster holds of a job; undefined = there is no such job. */
  readonly read: (at: ObjectName) => JobObjectsRead | undefined;
  /** Makes an object of a job as it is wanted, unless it is that already. `seen`: see `Acting`. */
  readonly ensure: <O extends KubeObject>(
    job: ObjectName,
    type: ResourceType<O>,
    desired: O,
    seen?: Seen<O>,
  ) => Promise<void>;
  /** An object of a job was written: the job is not looked at before the caches show that. */
  readonly wrote: (job: ObjectName, type: ResourceType, written: Stored<KubeObject>) => void;
  /** Tells people what has happened to a job; waits for nothing and never fails. */
  readonly tell: (job: JobObjectsRead['job'], notice: Notice) => void;
  /** What is told of a Savepoint; undefined = there is none. */
  readonly savepointAt: (at: ObjectName) => SavepointObjectStatus | undefined;
  /** When the figures of a job were written last. */
  readonly writtenMs: Map<string, number>;
  /** How often in a row somebody else was quicker to write, by job. */
  readonly conflicts: Map<string, number>;
}

/** How jobs are named in queues and maps. */
export const keyOf = ({ namespace, name }: ObjectName): string => `${namespace}/${name}`;

const viewOfPod =
  ({ coordinators }: Reconciling, key: string) =>
  (uid: string) =>
    coordinators.viewOf(key, uid);

/** How the coordinator of a revision is asked; undefined = none is heard. */
export const askOf =
  (
    { coordinators }: Pick<Reconciling, 'coordinators'>,
    key: string,
  ): ((revision: ObservedRevision) => Ask | undefined) =>
  ({ coordinatorPods }) =>
    coordinatorPods
      .filter(({ metadata }) => coordinators.viewOf(key, metadata.uid)?.silentSinceMs === undefined)
      .map(({ metadata }) => coordinators.askOf(key, metadata.uid))
      .find((ask) => ask !== undefined);

/** What could not be done is said in the place of what is under way. */
const withFailure = (plan: Plan, failure: Error | undefined): Plan => {
  if (failure === undefined) return plan;
  // What was to be tried again may not have been.
  if (KubeError.is(failure, 'conflict')) return { ...plan, retries: false };
  const { phase } = plan.standing;
  const reason = KubeError.is(failure)
    ? `Api${failure.code.replace(/^./, (letter) => letter.toUpperCase())}`
    : 'Failed';
  const standing = { phase, progress: 'underWay', reason, message: reasonOf(failure) } as const;
  return { ...plan, retries: false, standing };
};

/** A job that is gone meanwhile has no status. */
const writeStatus = async (
  { client, wrote }: Reconciling,
  { job }: ObservedJob,
  resourceVersion: string,
  status: StreamJobStatus,
): Promise<void> => {
  const { apiVersion, kind, metadata } = job;
  const { name, namespace, uid } = metadata;
  const object = { apiVersion, kind, metadata: { name, namespace }, spec: {}, status } as const;
  try {
    const written = await client.applyStatus(streamJobs, object, { uid, resourceVersion });
    wrote(identityOf(job), streamJobs, written);
  } catch (error) {
    if (!KubeError.is(error, 'notFound')) throw error;
  }
};

/** Tells the status where it has changed; gives when it is to be looked at again for that alone. */
const report = async (
  context: Reconciling,
  key: string,
  observed: ObservedJob,
  plan: Plan,
  version: string,
): Promise<number | undefined> => {
  const { system, writtenMs } = context;
  const status = statusOf(observed, plan);
  const { write, againMs } = decideWrite(
    observed.status,
    status,
    writtenMs.get(key),
    observed.nowMs,
    system.random.next(),
  );
  if (!write) return againMs;
  await writeStatus(context, observed, version, status);
  writtenMs.set(key, observed.nowMs);
  // Only what is written is told, so that each transition is told once.
  for (const notice of noticesOf(observed.status, status)) context.tell(observed.job, notice);
  return undefined;
};

/** What could not be done, and the version of the job behind what was. */
interface Performed {
  readonly failure: Error | undefined;
  readonly version: string;
}

const perform = async (
  context: Reconciling,
  key: string,
  observed: ObservedJob,
  plan: Plan,
): Promise<Performed> => {
  const { wishes, logger } = context;
  let version = observed.job.metadata.resourceVersion;
  try {
    await act(
      {
        client: context.client,
        settings: context.settings,
        hashing: context.system.hashing,
        tell: (notice) => context.tell(observed.job, notice),
        ensure: (type, desired, seen) => context.ensure(identityOf(observed.job), type, desired, seen),
        askOf: askOf(context, key),
        isDue: (revision: string, wish: CoordinatorWish) => wishes.isDue(key, revision, wish, observed.nowMs),
        onSaid: (revision: string, wish: CoordinatorWish) => wishes.said(key, revision, wish, observed.nowMs),
        onTaken: (revision, wish) => wishes.taken(key, revision, wish),
        onJobChanged: ({ metadata }) => {
          version = metadata.resourceVersion;
        },
        onRefused: (revision, wish, error) => {
          wishes.refused(key, revision, wish, error);
          logger.info(`${key}: ${wish.operation} of ${revision} is refused: ${reasonOf(error)}`);
        },
      },
      observed,
      plan.actions,
    );
    return { failure: undefined, version };
  } catch (error) {
    return { failure: error instanceof Error ? error : new Error(reasonOf(error)), version };
  }
};

const earliest = (...times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

/**
 * The spine: looks at a job, decides, acts, and says how it stands. Doing it again without any change does nothing. Resolves with when to
 * look again although nothing happens, in ms; rejects with what could not be done, after that was said in the status.
 */
export const reconcile = async (context: Reconciling, at: ObjectName): Promise<number | undefined> => {
  const { conflicts, system } = context;
  const key = keyOf(at);
  try {
    const againMs = await lookAt(context, at);
    conflicts.delete(key);
    return againMs;
  } catch (error) {
    if (!KubeError.is(error, 'conflict')) throw error;
    // Somebody was quicker: what they did is told in a moment. While it is not, asking again and again changes nothing.
    const inRow = (conflicts.get(key) ?? 0) + 1;
    conflicts.set(key, inRow);
    return backoffMs(conflictBackoff, inRow, system.random);
  }
};

const conflictBackoff: Backoff = { firstMs: 100, mostMs: 30_000 };

const lookAt = async (context: Reconciling, at: ObjectName): Promise<number | undefined> => {
  const key = keyOf(at);
  const { system, coordinators, wishes, podEvents, writtenMs } = context;
  const read = context.read(at);
  if (read === undefined) {
    coordinators.follow(key, []);
    wishes.forget(key);
    podEvents.forget(key);
    writtenMs.delete(key);
    return undefined;
  }
  coordinators.follow(key, coordinatorPlaces(key, read.pods));
  if (read.job.metadata.annotations?.[annotations.paused] === 'true') return undefined;
  // Who has just begun knows nothing yet: what was said of a job holds until its coordinators are heard, or are not to be had.
  if (read.job.status !== undefined && coordinators.isAwaited(key)) return undefined;
  const parse = specReader(read.job, system.hashing, read.revisions, context.settings.sharesFiles);
  const nowMs = system.clock.nowMs();
  const pods = await podEvents.explain(key, read.pods, nowMs);
  const seen = observe({ ...read, pods }, parse, viewOfPod(context, key), wishes.refusals(key), nowMs);
  const observed = withSavepoint(seen, (name) => context.savepointAt({ namespace: at.namespace, name }));
  const plan = decide(observed, parse);
  const { failure, version } = await perform(context, key, observed, plan);
  const againMs = earliest(
    plan.againMs,
    await report(context, key, observed, withFailure(plan, failure), version),
    wishes.againMs(key, observed.nowMs),
    podEvents.againMs(read.pods, nowMs),
  );
  if (failure !== undefined) throw failure;
  return againMs;
};
