import { canonicalText } from '../../../runtime/src/contract/canonical-text.ts';
import type { Ask } from '../../../runtime/src/contract/control/client.ts';
import type { MaintenanceRequest } from '../../../runtime/src/contract/maintenance.ts';
import { reasonOf } from '../../../runtime/src/contract/reason.ts';
import {
  checkSavepoint,
  type SavepointObjectStatus,
  savepointObjectStatusSchema,
} from '../../../runtime/src/contract/savepoint.ts';
import { streamJobApiVersion } from '../../../runtime/src/contract/stream-job.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import type { Logger } from '../../../runtime/src/telemetry/logger.ts';
import { Cache } from '../kube/cache.ts';
import type { KubeClient, ObjectName } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { Notice } from '../kube/events.ts';
import { type Pod, type SavepointObject, savepoints } from '../kube/kinds.ts';
import type { KubeObject, Stored } from '../kube/objects.ts';
import { isKnown, Reflector } from '../kube/reflector.ts';
import { beginMaintenance, endMaintenance } from '../maintenance/act.ts';
import { maintenanceName, maintenanceObjects, maintenanceRole } from '../maintenance/pod.ts';
import type { JobLeader } from '../streamjob/controller.ts';
import { jobLabel, managedBy, managedByLabel, roleLabel } from '../streamjob/names.ts';
import type { RenderSettings } from '../streamjob/resources/render-settings.ts';
import { decideSavepoint, type ObservedSavepoint, type SavepointAction } from './decide.ts';
import { disposalRequest, folderLeft, savepointFinalizer } from './disposal.ts';
import { decideSchedule } from './schedule.ts';
import { savepointStatus } from './status.ts';

export interface SavepointControllerSettings {
  readonly system: Pick<System, 'clock' | 'hashing' | 'random' | 'timers'>;
  readonly logger: Logger;
  readonly client: KubeClient;
  /** undefined = all. */
  readonly namespaces: readonly string[] | undefined;
  readonly render: RenderSettings;
  /** Tells people what has happened to a savepoint; waits for nothing and never fails. */
  readonly tell: (savepoint: Stored<KubeObject>, notice: Notice) => void;
  /** A pod as it was seen last. */
  readonly podAt: (at: ObjectName) => Stored<Pod> | undefined;
  /** undefined = there is no such job. */
  readonly jobOf: (at: ObjectName) => JobLeader | undefined;
  readonly enqueue: (savepoint: ObjectName, isUrgent: boolean) => void;
  readonly onSynced: () => void;
}

/** Said of those that a schedule has made. */
const scheduledLabel = 'millrace.dev/scheduled';

/** A wish that shows no effect is said again after this. */
const againMs = 5000;
const conflictAgainMs = 50;

const jobNameOf = ({ spec }: SavepointObject): string | undefined => {
  const { jobRef } = spec as { readonly jobRef?: { readonly name?: unknown } };
  return typeof jobRef?.name === 'string' ? jobRef.name : undefined;
};

/** Looks after all Savepoints. */
export class SavepointController {
  private readonly settings: SavepointControllerSettings;
  private readonly cache: Cache<SavepointObject>;
  private readonly reflectors: readonly Reflector<SavepointObject>[];
  /** When a coordinator was asked last, by the savepoint that it was asked for. */
  private readonly askedMs = new Map<string, number>();

  constructor(settings: SavepointControllerSettings) {
    const { client, system, namespaces, enqueue, onSynced } = settings;
    this.settings = settings;
    this.cache = new Cache<SavepointObject>({
      onChange: ({ before, now }) => {
        const { metadata } = (now ?? before) as Stored<SavepointObject>;
        const isUrgent = before?.metadata.generation !== now?.metadata.generation;
        enqueue({ namespace: metadata.namespace ?? '', name: metadata.name }, isUrgent);
      },
    });
    this.reflectors = (namespaces ?? [undefined]).map(
      (namespace) =>
        new Reflector<SavepointObject>({
          client,
          type: savepoints,
          namespace,
          cache: this.cache,
          system,
          onSynced,
        }),
    );
  }

  get isSynced(): boolean {
    return this.reflectors.every(isKnown);
  }

  start(): void {
    for (const reflector of this.reflectors) reflector.start();
  }

  stop(): void {
    for (const reflector of this.reflectors) reflector.stop();
  }

  *names(): Generator<ObjectName> {
    for (const { metadata } of this.cache.all())
      yield { namespace: metadata.namespace ?? '', name: metadata.name };
  }

  /** What is told of one; undefined = there is none. */
  statusOf(at: ObjectName): SavepointObjectStatus | undefined {
    const savepoint = this.cache.get(at);
    return savepoint && (statusIn(savepoint) ?? {});
  }

  /** Those of a job. */
  ofJob({ namespace, name }: ObjectName): readonly Stored<SavepointObject>[] {
    return [...this.cache.all(namespace)].filter((savepoint) => jobNameOf(savepoint) === name);
  }

  /** Looks at one savepoint. Resolves with when to look at it again, in ms, if nothing happens. */
  async work(at: ObjectName): Promise<number | undefined> {
    const savepoint = this.cache.get(at);
    if (savepoint === undefined) {
      this.askedMs.delete(keyOf(at));
      return undefined;
    }
    const { settings } = this;
    const jobName = jobNameOf(savepoint);
    const job =
      jobName === undefined ? undefined : settings.jobOf({ namespace: at.namespace, name: jobName });
    const observed = this.observe(savepoint, job);
    const plan = decideSavepoint(observed);
    try {
      for (const action of plan.actions) await this.perform(observed, job?.ask, action);
      await this.report(observed, plan.status);
    } catch (error) {
      if (KubeError.is(error, 'conflict')) return conflictAgainMs;
      throw error;
    }
    const isAsking = plan.actions.some(({ kind }) => kind !== 'finalizer');
    return isAsking ? againMs : plan.againMs;
  }

  /** Makes and removes what the schedule of a job asks for. Resolves with when to look again, in ms. */
  async workSchedule(at: ObjectName): Promise<number | undefined> {
    const { client, jobOf, system } = this.settings;
    const leader = jobOf(at);
    if (leader?.scheduled?.schedule === undefined || leader.job.metadata.deletionTimestamp !== undefined)
      return undefined;
    const there = this.ofJob(at).filter(({ metadata }) => metadata.labels?.[scheduledLabel] !== undefined);
    const {
      create,
      remove,
      againMs: dueMs,
    } = decideSchedule(
      at.name,
      leader.scheduled,
      there.map((savepoint) => ({ name: savepoint.metadata.name, phase: statusIn(savepoint)?.phase })),
      Date.parse(leader.job.metadata.creationTimestamp ?? ''),
      system.clock.nowMs(),
    );
    if (create !== undefined) await this.createScheduled(at, create);
    for (const { metadata } of there)
      if (remove.includes(metadata.name))
        await client.remove(
          savepoints,
          { namespace: at.namespace, name: metadata.name },
          { uid: metadata.uid },
        );
    return dueMs;
  }

  private async createScheduled({ namespace, name: job }: ObjectName, name: string): Promise<void> {
    const object: SavepointObject = {
      apiVersion: streamJobApiVersion,
      kind: 'Savepoint',
      metadata: { name, namespace, labels: { [jobLabel]: job, [scheduledLabel]: 'true' } },
      spec: { jobRef: { name: job }, disposal: 'Delete' },
    };
    try {
      await this.settings.client.create(savepoints, object);
    } catch (error) {
      if (!KubeError.is(error, 'alreadyExists')) throw error;
    }
  }

  private async perform(
    observed: ObservedSavepoint,
    ask: Ask | undefined,
    action: SavepointAction,
  ): Promise<void> {
    const { client, logger, system } = this.settings;
    const { savepoint, maintenancePod } = observed;
    const { name, namespace = '' } = savepoint.metadata;
    if (action.kind === 'finalizer') return this.setFinalizer(savepoint, action.present);
    if (action.kind === 'tell') return this.settings.tell(savepoint, action.notice);
    if (action.kind === 'maintain') return this.maintain(observed, action);
    if (action.kind === 'endMaintenance')
      return endMaintenance(
        client,
        maintenancePod === undefined ? [] : [maintenancePod],
        observed.status?.serviceAccount?.annotations !== undefined,
      );
    const nowMs = system.clock.monotonicMs();
    if (ask === undefined || nowMs - (this.askedMs.get(keyOf({ namespace, name })) ?? -Infinity) < againMs)
      return;
    this.askedMs.set(keyOf({ namespace, name }), nowMs);
    // What comes of it is told by the coordinator's events: a savepoint may take longer than any call.
    const asked =
      action.kind === 'create'
        ? ask('createSavepoint', { name: action.name })
        : ask('disposeSavepoint', { savepoint: action.name });
    asked.then(
      () => this.askedMs.delete(keyOf({ namespace, name })),
      (error: unknown) => logger.info(`Savepoint ${namespace}/${name}: ${reasonOf(error)}`),
    );
  }

  private observe(savepoint: Stored<SavepointObject>, job: JobLeader | undefined): ObservedSavepoint {
    const { system, podAt } = this.settings;
    const { name, namespace = '', uid } = savepoint.metadata;
    const checked = checkSavepoint({ ...savepoint, metadata: { name, namespace } });
    const status = savepointObjectStatusSchema.safeParse(savepoint.status);
    const seen = {
      savepoint,
      status: status.success ? status.data : undefined,
      spec: checked.ok
        ? checked.object.spec
        : { problem: checked.problems[0]?.message ?? 'It makes no sense.' },
      job,
      nowMs: system.clock.nowMs(),
    };
    const request = disposalRequest(seen);
    const task = { job: jobNameOf(savepoint) ?? '', uid, request };
    const at = (known: MaintenanceRequest): ObjectName => ({
      namespace,
      name: maintenanceName({ ...task, request: known }, system.hashing),
    });
    return { ...seen, maintenancePod: request === undefined ? undefined : podAt(at(request)) };
  }

  private async setFinalizer({ metadata }: Stored<SavepointObject>, isPresent: boolean): Promise<void> {
    const { name, namespace = '', uid, resourceVersion, finalizers = [] } = metadata;
    const others = finalizers.filter((other) => other !== savepointFinalizer);
    const patch = { metadata: { finalizers: isPresent ? [...others, savepointFinalizer] : others } };
    await this.settings.client.patch(savepoints, { namespace, name }, patch, { uid, resourceVersion });
  }

  /** Starts the pod that does it. Where there can be none the savepoint goes without, and people are told what is left. */
  private async maintain(
    { savepoint, status }: ObservedSavepoint,
    { request, withinMs }: Extract<SavepointAction, { readonly kind: 'maintain' }>,
  ): Promise<void> {
    const { client, render, system, tell } = this.settings;
    const { namespace = '', uid } = savepoint.metadata;
    const job = jobNameOf(savepoint) ?? '';
    const task = {
      namespace,
      job,
      uid,
      labels: {
        [managedByLabel]: managedBy,
        [jobLabel]: job,
        [roleLabel]: maintenanceRole,
      },
      request,
      // The job, its image and what it was told may be gone.
      image: undefined,
      serviceAccount: status?.serviceAccount,
      env: [],
      podTemplate: undefined,
      withinMs,
    };
    const refusal = await beginMaintenance(client, maintenanceObjects(task, render, system.hashing));
    if (refusal === undefined) return;
    tell(savepoint, folderLeft(status?.path ?? '', refusal));
    await this.setFinalizer(savepoint, false);
  }

  private async report(
    { savepoint, status, nowMs }: ObservedSavepoint,
    next: SavepointObjectStatus,
  ): Promise<void> {
    const { apiVersion, kind, metadata } = savepoint;
    const { name, namespace, uid, resourceVersion, generation = 0, deletionTimestamp, finalizers } = metadata;
    // Nobody is left to read it.
    if (deletionTimestamp !== undefined && finalizers?.includes(savepointFinalizer) !== true) return;
    const whole = savepointStatus(next, status?.conditions ?? [], generation, nowMs);
    if (canonicalText(whole) === canonicalText(savepoint.status)) return;
    const object = { apiVersion, kind, metadata: { name, namespace }, spec: {}, status: whole } as const;
    await this.settings.client.applyStatus(savepoints, object, { uid, resourceVersion });
  }
}

const statusIn = ({ status }: SavepointObject): SavepointObjectStatus | undefined => {
  const result = savepointObjectStatusSchema.safeParse(status);
  return result.success ? result.data : undefined;
};

const keyOf = ({ namespace, name }: ObjectName): string => `${namespace}/${name}`;
