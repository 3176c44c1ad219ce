import { createTestSystem, type TestSystem } from 'millrace/testing';
import type { SavepointObjectStatus } from '../../../runtime/src/contract/savepoint.ts';
import type { StreamJobStatus } from '../../../runtime/src/contract/status.ts';
import { createLogger } from '../../../runtime/src/telemetry/logger.ts';
import { collectGarbage } from '../../src/dev/controllers/garbage.ts';
import { runReplicaSets } from '../../src/dev/controllers/replica-sets.ts';
import { type Kind, kindOf as kindIn } from '../../src/dev/store/kinds.ts';
import { ObjectStore } from '../../src/dev/store/object-store.ts';
import type { DevObject } from '../../src/dev/store/values.ts';
import { StoreClient } from '../../src/dev/store-client.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Notice } from '../../src/kube/events.ts';
import { type Pod, pods, type ReplicaSet, replicaSets, streamJobs } from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/objects.ts';
import { WorkQueue } from '../../src/kube/work-queue.ts';
import { StreamJobController } from '../../src/streamjob/controller.ts';
import { revisionLabel, roleLabel } from '../../src/streamjob/names.ts';
import { FakeKubelet, type PodFate } from '../dev/kubelet/fake-kubelet.ts';
import { answered, turn } from '../dev/support.ts';
import { FakeCoordinators } from './fake-coordinators.ts';
import { renderSettings } from './job-table.ts';

/** A whole cluster in memory with the controller of StreamJobs, on a clock of its own: nothing happens until time goes by. */
export class ControllerRig {
  readonly machine: TestSystem = createTestSystem({ startMs: Date.UTC(2026, 0, 5) });
  readonly store: ObjectStore;
  readonly client: StoreClient;
  readonly coordinators: FakeCoordinators;
  readonly kubelet: FakeKubelet;
  /** What pods do, by revision and role; they run unless it is said otherwise. */
  readonly fates = new Map<string, PodFate>();
  /** Why reconciling has failed. */
  readonly failures: unknown[] = [];
  /** What is told of Savepoints, by name. */
  readonly savepoints = new Map<string, SavepointObjectStatus>();
  /** What people were told. */
  readonly notices: Notice[] = [];
  private readonly started = new Set<string>();
  private controller: StreamJobController | undefined;
  private stopQueue = (): void => undefined;

  constructor() {
    const { system } = this.machine;
    this.store = new ObjectStore(system);
    this.client = new StoreClient(this.store, system.timers);
    this.coordinators = new FakeCoordinators(system.timers);
    this.coordinators.workersOf = (revision) =>
      this.pods
        .filter(
          ({ metadata: { labels } }) =>
            labels?.[revisionLabel] === revision && labels[roleLabel] === 'worker',
        )
        .map(({ metadata }) => metadata.uid);
    runReplicaSets(this.store, system.timers, { delayMs: 2 });
    collectGarbage(this.store, system.timers, 2);
    this.kubelet = new FakeKubelet(this.store, system.timers, {
      stepMs: 20,
      fateOf: (pod) => this.fateOf(pod),
    });
  }

  /** Starts an operator, as if none had been before; `client`: what it reaches the cluster by. */
  startOperator(client: KubeClient = this.client): void {
    const { system } = this.machine;
    const queue = new WorkQueue({
      system,
      mostAtOnce: 4,
      work: (at) => controller.work(at),
      onWorked: ({ error }) => {
        if (error !== undefined) this.failures.push(error);
      },
    });
    const controller = new StreamJobController({
      system,
      logger: createLogger({ clock: system.clock, level: 'error', json: false, write: () => undefined }),
      client,
      tell: (_job, notice) => void this.notices.push(notice),
      render: renderSettings,
      savepointAt: ({ name }) => this.savepoints.get(name),
      namespaces: undefined,
      dial: this.coordinators.dial,
      enqueue: (at) => queue.add(at, 'event'),
      onSynced: () => {
        if (controller === this.controller && controller.caches.isSynced) queue.start();
      },
    });
    this.stopQueue = () => queue.stop();
    this.controller = controller;
    controller.caches.start();
  }

  /** It is gone from one moment to the next. */
  killOperator(): void {
    const { controller } = this;
    this.controller = undefined;
    this.stopQueue();
    controller?.caches.stop();
    controller?.coordinators.close();
  }

  /** Somebody, or a restored backup, has taken the status away. */
  loseStatus(): void {
    const at = { namespace: 'default', name: 'counts' };
    this.store.change(kindOf(streamJobs), at, 'all', {}, ({ status: _lost, ...live }) => live);
  }

  /** Lets time go by. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed++) {
      this.machine.advance(1);
      this.followPods();
      await turn();
    }
  }

  /** Lets time go by until something is so. */
  async until(what: string, isSo: () => boolean, mostMs = 20_000): Promise<void> {
    for (let passed = 0; !isSo(); passed++) {
      if (passed > mostMs) throw new Error(`It was not so in ${mostMs} ms: ${what}\n${this.tell()}`);
      await this.pass(1);
    }
  }

  async apply(spec: unknown, name = 'counts'): Promise<void> {
    const object = {
      apiVersion: 'millrace.dev/v1alpha1',
      kind: 'StreamJob',
      metadata: { name, namespace: 'default' },
      spec,
    } as const;
    const live = this.job(name);
    if (live === undefined) await answered(this.machine, this.client.create(streamJobs, object));
    else await answered(this.machine, this.client.apply(streamJobs, object, { uid: live.metadata.uid }));
  }

  job(name = 'counts'): Stored<DevObject & { readonly status?: StreamJobStatus }> | undefined {
    return this.store.all(kindOf(streamJobs)).find(({ metadata }) => metadata.name === name) as never;
  }

  get status(): StreamJobStatus | undefined {
    return this.job()?.status;
  }

  get pods(): readonly Stored<Pod>[] {
    return this.store.all(kindOf(pods)) as never;
  }

  get sets(): readonly Stored<ReplicaSet>[] {
    return this.store.all(kindOf(replicaSets)) as never;
  }

  /** Grows with every write. */
  get version(): string {
    return this.store.list(kindOf(streamJobs), { selects: () => true, limit: 1 }).resourceVersion;
  }

  /** The job as it stands, for messages. */
  tell(): string {
    const sets = this.sets.map(
      ({ metadata, spec, status }) => `${metadata.name} ${status?.readyReplicas ?? 0}/${spec.replicas}`,
    );
    return JSON.stringify(
      { status: this.status, sets, failures: this.failures.slice(-3).map(String) },
      undefined,
      1,
    );
  }

  private fateOf(pod: DevObject): PodFate {
    const { uid, labels = {} } = pod.metadata;
    const [role, revision = ''] = [labels[roleLabel], labels[revisionLabel]];
    const fate = this.fates.get(`${revision} ${role}`) ?? this.fates.get(String(role));
    if (fate !== undefined) return fate;
    if (role === 'maintenance') return { kind: 'completes', message: JSON.stringify({ objects: 7 }) };
    if (role === 'coordinator' && !this.started.has(uid)) {
      this.started.add(uid);
      const job = labels['millrace.dev/job-uid'] ?? '';
      this.coordinators.start(uid, job, revision, 2);
    }
    return { kind: 'runs', messages: { certificate: JSON.stringify({ fingerprint: `sha256:${uid}` }) } };
  }

  private followPods(): void {
    const there = new Set(this.pods.map(({ metadata }) => metadata.uid));
    for (const uid of this.started) {
      if (there.has(uid)) continue;
      this.started.delete(uid);
      this.coordinators.end(uid);
    }
  }
}

const kindOf = (type: { readonly group: string; readonly plural: string }): Kind => kindIn(type) as Kind;
