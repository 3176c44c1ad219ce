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

/** A controller of StreamJobs in a rig. */
export interface RigOperator {
  /** It is gone from one moment to the next. */
  kill(): void;
}

/** A whole cluster in memory with controllers of StreamJobs, on a clock of its own: nothing happens until time goes by. */
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
  /** How far time may jump at once; less where something takes turns of its own, as a call of a program does. */
  protected readonly longestStepMs: number = Number.POSITIVE_INFINITY;
  /** How many pods there have ever been, by revision and role. */
  readonly podsMade = new Map<string, number>();
  private readonly seen = new Set<string>();
  private readonly started = new Set<string>();
  private readonly operators = new Set<RigOperator>();

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
  startOperator(client: KubeClient = this.client): RigOperator {
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
        if (this.operators.has(operator) && controller.caches.isSynced) queue.start();
      },
    });
    const operator: RigOperator = {
      kill: () => {
        if (!this.operators.delete(operator)) return;
        queue.stop();
        controller.caches.stop();
        controller.coordinators.close();
      },
    };
    this.operators.add(operator);
    controller.caches.start();
    return operator;
  }

  killOperators(): void {
    for (const operator of this.operators) operator.kill();
  }

  /** Somebody, or a restored backup, has taken the status away. */
  loseStatus(): void {
    const at = { namespace: 'default', name: 'counts' };
    this.store.change(kindOf(streamJobs), at, 'all', {}, ({ status: _lost, ...live }) => live);
  }

  /** Lets time go by. */
  async pass(ms: number): Promise<void> {
    const { machine } = this;
    for (const endMs = machine.nowMs + ms; machine.nowMs < endMs; ) await this.step(endMs);
  }

  /** Lets time go by until something is so. */
  async until(what: string, isSo: () => boolean, mostMs = 20_000): Promise<void> {
    const { machine } = this;
    for (const endMs = machine.nowMs + mostMs; !isSo(); await this.step(endMs)) {
      if (machine.nowMs >= endMs) throw new Error(`It was not so in ${mostMs} ms: ${what}\n${this.tell()}`);
    }
  }

  /** Applies a spec as a person does who holds all of it: what is left out is gone. */
  async apply(spec: unknown, name = 'counts'): Promise<void> {
    const metadata = { name, namespace: 'default' };
    const object = { apiVersion: 'millrace.dev/v1alpha1', kind: 'StreamJob', metadata, spec } as const;
    if (this.job(name) === undefined) await answered(this.machine, this.client.create(streamJobs, object));
    else
      this.store.change(kindOf(streamJobs), metadata, 'object', {}, (live) => ({ ...live, spec }) as never);
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

  /** To when something happens next: nothing does by itself before. */
  private async step(endMs: number): Promise<void> {
    const { machine } = this;
    const nextMs = Math.min(endMs, machine.nextTimerMs ?? endMs, machine.nowMs + this.longestStepMs);
    machine.advance(Math.max(0, nextMs - machine.nowMs));
    this.followPods();
    await turn();
  }

  private followPods(): void {
    const { pods: now, seen, podsMade } = this;
    for (const { metadata } of now) {
      if (seen.has(metadata.uid)) continue;
      seen.add(metadata.uid);
      const kind = `${metadata.labels?.[revisionLabel]} ${metadata.labels?.[roleLabel]}`;
      podsMade.set(kind, (podsMade.get(kind) ?? 0) + 1);
    }
    const there = new Set(now.map(({ metadata }) => metadata.uid));
    for (const uid of this.started) {
      if (there.has(uid)) continue;
      this.started.delete(uid);
      this.coordinators.end(uid);
    }
  }
}

const kindOf = (type: { readonly group: string; readonly plural: string }): Kind => kindIn(type) as Kind;
