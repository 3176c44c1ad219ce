/**
 * `src` is the operator: the one program that speaks Kubernetes. `operator.ts` puts its parts together, for a pod (`main.ts`) and for
 * `millrace dev` alike: caches and a queue (`kube`), the controller of jobs (`streamjob`), and who dials their coordinators.
 */
import { reasonOf } from '../../runtime/src/contract/reason.ts';
import type { System } from '../../runtime/src/sys/system.ts';
import type { Logger } from '../../runtime/src/telemetry/logger.ts';
import type { CoordinatorClient } from './coordinators/coordinator-client.ts';
import type { CoordinatorPlace } from './coordinators/coordinators.ts';
import type { KubeClient, ObjectName } from './kube/client.ts';
import { Events } from './kube/events.ts';
import { pods } from './kube/kinds.ts';
import { Candidate } from './kube/lease.ts';
import { WorkQueue, type WorkReport } from './kube/work-queue.ts';
import { SavepointController } from './savepoint/controller.ts';
import { StreamJobController } from './streamjob/controller.ts';
import type { RenderSettings } from './streamjob/resources/render-settings.ts';

/** What an operator is made of, in a pod as in `millrace dev`. */
export interface OperatorSettings {
  readonly system: Pick<System, 'clock' | 'hashing' | 'packing' | 'random' | 'timers'>;
  readonly logger: Logger;
  readonly client: KubeClient;
  /** With connections of its own. */
  readonly leaseClient: KubeClient;
  readonly identity: string;
  readonly render: RenderSettings;
  /** undefined = all. */
  readonly watchNamespaces: readonly string[] | undefined;
  readonly dial: (place: CoordinatorPlace) => CoordinatorClient;
  readonly onWorked?: ((report: WorkReport) => void) | undefined;
}

const leaseName = 'millrace-operator';
/** Jobs that are looked at at once: most of it is waiting for answers. */
const mostAtOnce = 16;

/**
 * The whole operator. All replicas keep their caches up to date; only the one that holds the lease looks at jobs and dials coordinators.
 * Who loses the lease stops that, and never the process: it may lead again.
 */
export class Operator {
  readonly controller: StreamJobController;
  readonly queue: WorkQueue;
  readonly savepoints: SavepointController;
  readonly candidate: Candidate;
  private readonly savepointQueue: WorkQueue;
  private readonly settings: OperatorSettings;

  constructor(settings: OperatorSettings) {
    const { system, logger, client, leaseClient, identity, render, watchNamespaces, dial, onWorked } =
      settings;
    this.settings = settings;
    const worked = (report: WorkReport): void => {
      if (report.error !== undefined)
        logger.warn(`${report.key.namespace}/${report.key.name}: ${String(report.error)}`);
      onWorked?.(report);
    };
    this.queue = new WorkQueue({
      system,
      mostAtOnce,
      work: (key) => this.work(key),
      onWorked: worked,
    });
    const events = new Events({
      client,
      system,
      instance: identity,
      onFailure: (error) => logger.debug(`An event could not be written: ${reasonOf(error)}`),
    });
    this.controller = new StreamJobController({
      system,
      logger,
      client,
      render,
      savepointAt: (at) => this.savepoints.statusOf(at),
      tell: (job, notice) => void events.tell(job, notice),
      namespaces: watchNamespaces,
      dial,
      enqueue: (key, isUrgent) => this.queue.add(key, isUrgent ? 'spec' : 'event'),
      onSynced: () => this.turn(),
    });
    this.savepointQueue = new WorkQueue({
      system,
      mostAtOnce,
      work: (key) => this.savepoints.work(key),
      onWorked: worked,
    });
    this.savepoints = new SavepointController({
      system,
      logger,
      client,
      namespaces: watchNamespaces,
      render,
      tell: (savepoint, notice) => void events.tell(savepoint, notice),
      podAt: (at) => this.controller.caches.find(pods, at),
      jobOf: (at) => this.controller.leaderOf(at),
      enqueue: (key, isUrgent) => this.savepointQueue.add(key, isUrgent ? 'spec' : 'event'),
      onSynced: () => this.turn(),
    });
    this.candidate = new Candidate({
      client: leaseClient,
      system,
      identity,
      at: { namespace: render.operatorNamespace, name: leaseName },
      onLeading: (leading) => {
        logger.info(leading ? 'This operator leads' : 'Another operator leads, or none: this one waits');
        this.turn();
      },
      onFailure: (error) => logger.warn(`The lease: ${error.message}`),
    });
  }

  /** Whether it could act if it led. */
  get isReady(): boolean {
    return this.controller.caches.isSynced && this.savepoints.isSynced;
  }

  start(): void {
    this.controller.caches.start();
    this.savepoints.start();
    this.candidate.start();
  }

  /** Lets another one lead at once. */
  async stop(): Promise<void> {
    this.halt();
    this.controller.caches.stop();
    this.savepoints.stop();
    await this.candidate.stop();
  }

  /** Looks at a job, and at the savepoints that wait for what its coordinators say. */
  private async work(key: ObjectName): Promise<number | undefined> {
    const againMs = await this.controller.work(key);
    for (const { metadata } of this.savepoints.ofJob(key))
      this.savepointQueue.add({ namespace: key.namespace, name: metadata.name }, 'event');
    const dueMs = await this.savepoints.workSchedule(key);
    return againMs === undefined || dueMs === undefined ? (againMs ?? dueMs) : Math.min(againMs, dueMs);
  }

  private halt(): void {
    this.queue.stop();
    this.savepointQueue.stop();
    this.controller.coordinators.close();
  }

  /** Begins to act, or stops, when either the lease or the caches have changed. */
  private turn(): void {
    const { controller, savepoints, queue, savepointQueue, candidate } = this;
    if (!candidate.isLeading) return this.halt();
    if (!this.isReady) return;
    for (const name of controller.caches.names()) queue.add(name, 'resync');
    for (const name of savepoints.names()) savepointQueue.add(name, 'resync');
    queue.start();
    savepointQueue.start();
    this.settings.logger.debug('Looking at all jobs');
  }
}
