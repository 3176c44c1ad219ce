import type { Ask } from '../../../runtime/src/contract/control/client.ts';
import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import type { SavepointObjectStatus } from '../../../runtime/src/contract/savepoint.ts';
import type { ScheduledSavepoints } from '../../../runtime/src/contract/scheduled-savepoints.ts';
import type { ServiceAccountSettings } from '../../../runtime/src/contract/service-account.ts';
import type { CheckpointStore } from '../../../runtime/src/contract/store.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import type { Logger } from '../../../runtime/src/telemetry/logger.ts';
import type { CoordinatorClient } from '../coordinators/coordinator-client.ts';
import { type CoordinatorPlace, Coordinators, type CoordinatorView } from '../coordinators/coordinators.ts';
import { ensure } from '../kube/apply.ts';
import type { KubeClient, ObjectName } from '../kube/client.ts';
import type { Notice } from '../kube/events.ts';
import type { StreamJobObject } from '../kube/kinds.ts';
import type { KubeObject, ResourceType, Stored } from '../kube/objects.ts';
import type { Seen } from './act.ts';
import { currentOf } from './decide/current.ts';
import { JobCaches } from './job-caches.ts';
import { observe, specReader } from './observe.ts';
import { PodEvents } from './pod-events.ts';
import { askOf, keyOf, type Reconciling, reconcile } from './reconcile.ts';
import type { RenderSettings } from './resources/render-settings.ts';
import { Wishes } from './wishes.ts';

export interface StreamJobControllerSettings {
  readonly system: Pick<System, 'clock' | 'hashing' | 'packing' | 'random' | 'timers'>;
  readonly logger: Logger;
  readonly client: KubeClient;
  /** Tells people what has happened to a job; waits for nothing and never fails. */
  readonly tell: (job: Stored<KubeObject>, notice: Notice) => void;
  readonly render: RenderSettings;
  /** What is told of a Savepoint; undefined = there is none. */
  readonly savepointAt: (at: ObjectName) => SavepointObjectStatus | undefined;
  /** undefined = all. */
  readonly namespaces: readonly string[] | undefined;
  readonly dial: (place: CoordinatorPlace) => CoordinatorClient;
  /** A job is to be looked at. `isUrgent`: somebody has changed what they want. */
  readonly enqueue: (job: ObjectName, isUrgent: boolean) => void;
  /** Something more is known of the cluster. */
  readonly onSynced: () => void;
}

/** What others need of a job. */
export interface JobLeader {
  readonly uid: string;
  readonly revision: string | undefined;
  /** Of the coordinator that leads; undefined = none is heard. */
  readonly view: CoordinatorView | undefined;
  readonly ask: Ask | undefined;
  readonly store: CheckpointStore | undefined;
  readonly serviceAccount: ServiceAccountSettings | undefined;
  readonly scheduled: ScheduledSavepoints | undefined;
  readonly job: Stored<StreamJobObject>;
}

/** How long a job waits for the caches to show what was written for it, at most: what they are told makes it be looked at. */
const freshAgainMs = 1000;

/** Looks after all StreamJobs: a queue says which one is to be looked at, and `work` does it. */
export class StreamJobController {
  readonly caches: JobCaches;
  readonly coordinators: Coordinators;
  private readonly context: Reconciling;

  constructor(settings: StreamJobControllerSettings) {
    const { system, logger, client, tell, render, savepointAt, namespaces, dial, enqueue, onSynced } =
      settings;
    this.caches = new JobCaches({
      client,
      system,
      namespaces,
      onChange: enqueue,
      onSynced,
    });
    this.coordinators = new Coordinators({
      system,
      logger,
      dial,
      onChange: (job) => enqueue(nameOf(job), false),
    });
    this.context = {
      system,
      logger,
      client,
      coordinators: this.coordinators,
      settings: render,
      wishes: new Wishes(),
      podEvents: new PodEvents(client),
      read: (at) => this.caches.read(at),
      ensure: (job, type, desired, seen) => this.ensure(job, type, desired, seen),
      wrote: (job, type, written) => this.caches.wrote(job, type, written),
      tell,
      savepointAt,
      writtenMs: new Map(),
      conflicts: new Map(),
    };
  }

  /** Looks at one job. Resolves with when to look at it again, in ms, if nothing happens. */
  async work(at: ObjectName): Promise<number | undefined> {
    return this.caches.isFresh(at) ? await reconcile(this.context, at) : freshAgainMs;
  }

  /** A job as others see it: who leads it, and how to ask. undefined = there is no such job. */
  leaderOf(at: ObjectName): JobLeader | undefined {
    const read = this.caches.read(at);
    if (read === undefined) return undefined;
    const { system, coordinators } = this.context;
    const key = keyOf(at);
    const observed = observe(
      read,
      specReader(read.job, system.hashing, read.revisions, this.context.settings.sharesFiles),
      (uid) => coordinators.viewOf(key, uid),
      [],
      system.clock.nowMs(),
    );
    const current = currentOf(observed);
    const isLeading = current?.view?.status.role === 'leading' && current.view.silentSinceMs === undefined;
    return {
      uid: read.job.metadata.uid,
      revision: current?.name,
      view: isLeading ? current.view : undefined,
      ask: isLeading ? askOf(this.context, key)(current) : undefined,
      store: observed.wanted.ok ? observed.wanted.spec.checkpoint?.store : undefined,
      serviceAccount: observed.wanted.ok ? observed.wanted.spec.serviceAccount : undefined,
      scheduled: observed.wanted.ok ? observed.wanted.spec.savepoints : undefined,
      job: read.job,
    };
  }

  private async ensure<O extends KubeObject>(
    job: ObjectName,
    type: ResourceType<O>,
    desired: O,
    seen: Seen<O> | undefined,
  ): Promise<void> {
    const { name, namespace = '' } = desired.metadata;
    const written = await ensure(
      { client: this.context.client, hashing: this.context.system.hashing },
      type,
      desired,
      seen === undefined ? this.caches.find(type, { namespace, name }) : seen.object,
    );
    if (written !== undefined) this.caches.wrote(job, type, written);
  }
}

const nameOf = (key: string): ObjectName => {
  const [namespace, name] = key.split('/');
  if (namespace === undefined || name === undefined)
    throw new MillraceError('internal', `A job is called ${key} in the queue.`);
  return { namespace, name };
};
