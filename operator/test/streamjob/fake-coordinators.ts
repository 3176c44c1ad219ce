import type { Ask } from '../../../runtime/src/contract/control/client.ts';
import type { NextDeployment } from '../../../runtime/src/contract/control/deployment.ts';
import type { JobEvent } from '../../../runtime/src/contract/control/events.ts';
import type { JobStatus } from '../../../runtime/src/contract/control/status.ts';
import type { WorkerStatus } from '../../../runtime/src/contract/control/workers.ts';
import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import type { Timers } from '../../../runtime/src/sys/system.ts';
import type { CoordinatorClient, CoordinatorListener } from '../../src/coordinators/coordinator-client.ts';
import type { CoordinatorPlace } from '../../src/coordinators/coordinators.ts';
import { jobStatus, nextDeployment } from './job-table.ts';

/** What the log of a job says, as far as coordinators here go by it. */
interface FakeLog {
  owner: string | undefined;
  attempt: number;
  term: number;
  stopped: JobStatus['state'] | undefined;
  handedOverTo: string | undefined;
  slots: number;
}

/** How a revision behaves, by its name. */
export interface RevisionConduct {
  readonly compatibility?: NextDeployment['compatibility'];
  /** It fails while it is on trial. */
  readonly failsOnTrial?: boolean;
  /** It goes back when it leads. */
  readonly restored?: JobStatus['restored'];
}

const stepMs = 50;

/** A coordinator as the operator sees it: obeys, and takes its time. What it does follows from the log of its job alone. */
class FakeCoordinator {
  readonly deployment: string;
  readonly log: FakeLog;
  private readonly world: FakeCoordinators;
  private readonly listeners = new Set<CoordinatorListener>();
  status: JobStatus;
  next: NextDeployment = nextDeployment('none', { compatibility: null });
  isGone = false;

  constructor(world: FakeCoordinators, deployment: string, log: FakeLog) {
    this.world = world;
    this.deployment = deployment;
    this.log = log;
    this.status = jobStatus({
      state: 'created',
      deployment,
      attempt: 0,
      term: 0,
      lastCheckpoint: null,
      settings: null,
    });
    world.timers.after(stepMs, () => this.begin());
  }

  get ask(): Ask {
    return (async (operation: string, request: Record<string, unknown>) => {
      if (this.isGone) throw new MillraceError('io', 'The coordinator does not answer.');
      this.world.asked.push(`${this.deployment} ${operation}`);
      return this.answer(operation, request);
    }) as Ask;
  }

  follow(listener: CoordinatorListener): { close(): void } {
    if (this.isGone)
      this.world.timers.after(1, () => listener.onEnded(new MillraceError('io', 'It is gone.')));
    else {
      this.listeners.add(listener);
      this.world.timers.after(1, () => listener.onEvent({ type: 'status', status: this.status }));
    }
    return { close: () => this.listeners.delete(listener) };
  }

  end(): void {
    this.isGone = true;
    for (const listener of this.listeners) listener.onEnded(new MillraceError('io', 'It is gone.'));
    this.listeners.clear();
  }

  private begin(): void {
    const { log } = this;
    if (this.isGone) return;
    if (log.owner === undefined || log.owner === this.deployment || log.stopped === 'suspended') this.lead();
    else this.standBy();
  }

  lead(phase?: NextDeployment['phase']): void {
    const { log, deployment } = this;
    Object.assign(log, {
      owner: deployment,
      attempt: log.attempt + 1,
      term: log.term + 1,
      stopped: undefined,
    });
    const { restored } = this.world.conduct.get(deployment) ?? {};
    this.tell({ role: 'leading', state: 'deploying', attempt: log.attempt, term: log.term, restored });
    if (phase !== undefined) this.say({ phase });
    this.later(() => {
      const parallelism = { desired: log.slots, actual: log.slots, maximum: 128 };
      this.tell({ state: 'running', parallelism, lastCheckpoint: { id: log.attempt, completedMs: 1000 } });
    });
  }

  private standBy(): void {
    const { compatibility = 'compatible' } = this.world.conduct.get(this.deployment) ?? {};
    this.tell({ role: 'standby', state: 'created' });
    this.later(() => this.say({ phase: 'planned', compatibility, revision: this.deployment }));
  }

  private answer(operation: string, request: Record<string, unknown>): unknown {
    switch (operation) {
      case 'getNextDeployment':
        return this.next;
      case 'listSavepoints':
        return { savepoints: [] };
      case 'listWorkers':
        return { workers: this.workers() };
      case 'setParallelism':
        return this.rescale(Number(request['parallelism']));
      case 'configure':
        this.tell({ settings: String(request['name']) });
        return this.status;
      case 'suspend':
        return this.stop('suspended');
      case 'stop':
        return this.stop('stopped');
      case 'resume':
        if (this.status.state === 'suspended') this.lead();
        return this.status;
      case 'prepareDeployment':
        if (this.next.phase === 'planned') this.prepare();
        return this.next;
      case 'handOver':
        return this.handOver(String(request['to']));
      case 'takeOver':
        if (this.status.role === 'standby') this.lead('promoted');
        return this.next;
      case 'rollBackDeployment':
        this.goBack('somebody asked for it');
        return this.next;
      default:
        throw new MillraceError('not-found', `Nobody knows ${operation}.`);
    }
  }

  /** The first ones have a slot each. */
  private workers(): readonly Pick<WorkerStatus, 'id' | 'slots'>[] {
    const { actual } = this.status.parallelism;
    return this.world.workersOf(this.deployment).map((id, i) => ({ id, slots: i < actual ? [i] : [] }));
  }

  private rescale(parallelism: number): unknown {
    this.log.slots = parallelism;
    this.tell({ parallelism: { ...this.status.parallelism, desired: parallelism } });
    this.later(() => this.tell({ parallelism: { desired: parallelism, actual: parallelism, maximum: 128 } }));
    return this.status.parallelism;
  }

  private stop(state: 'suspended' | 'stopped'): unknown {
    if (this.status.state !== 'running') return this.status;
    this.tell({ state: 'stopping' });
    this.later(() => {
      this.log.stopped = state;
      this.tell({ state });
    });
    return this.status;
  }

  private prepare(): void {
    this.say({ phase: 'preparing' });
    this.later(() => this.say({ phase: 'prepared' }));
  }

  private handOver(to: string): unknown {
    const { log } = this;
    if (this.status.role !== 'leading' || log.handedOverTo !== undefined) return this.next;
    log.handedOverTo = to;
    this.tell({ role: 'handedOver', state: 'handedOver' });
    const other = this.world.find(log, to);
    this.later(() => {
      if (other === undefined || other.isGone) return this.takeBack();
      other.onTrial(this);
    });
    return this.next;
  }

  takeBack(): void {
    this.log.handedOverTo = undefined;
    this.lead();
  }

  private onTrial(from: FakeCoordinator): void {
    this.lead('held');
    const { failsOnTrial = false } = this.world.conduct.get(this.deployment) ?? {};
    this.later(() => {
      if (failsOnTrial) return this.goBack('it failed');
      this.say({ phase: 'released' });
      this.later(() => {
        if (this.next.phase !== 'released') return;
        this.log.handedOverTo = undefined;
        this.say({ phase: 'promoted' });
        from.tell({ state: 'replaced' });
      });
    }, 4);
  }

  private goBack(reason: string): void {
    if (this.next.phase !== 'held' && this.next.phase !== 'released') return;
    this.say({ phase: 'rolledBack', reason });
    this.tell({ role: 'standby', state: 'created' });
    this.world
      .others(this)
      .find(({ status }) => status.role === 'handedOver')
      ?.takeBack();
  }

  private later(what: () => void, steps = 1): void {
    this.world.timers.after(steps * stepMs, () => {
      if (!this.isGone) what();
    });
  }

  tell(more: Partial<JobStatus>): void {
    this.status = { ...this.status, ...more };
    this.send({ type: 'status', status: this.status });
  }

  private say(more: Partial<NextDeployment>): void {
    this.next = { ...this.next, ...more };
    this.send({ type: 'deployment', deployment: this.next });
  }

  private send(event: JobEvent): void {
    for (const listener of this.listeners) listener.onEvent(event);
  }
}

/** All coordinators of a rig: one a pod, and one log a job. */
export class FakeCoordinators {
  readonly timers: Timers;
  /** What was asked, in order. */
  readonly asked: string[] = [];
  readonly conduct = new Map<string, RevisionConduct>();
  private readonly logs = new Map<string, FakeLog>();
  private readonly byPod = new Map<string, FakeCoordinator>();

  constructor(timers: Timers) {
    this.timers = timers;
  }

  /** Uids of the worker pods of a revision. */
  workersOf: (deployment: string) => readonly string[] = () => [];

  /** A pod of a coordinator runs. */
  start(podUid: string, job: string, deployment: string, slots: number): void {
    const log = this.logs.get(job) ?? {
      owner: undefined,
      attempt: 0,
      term: 0,
      stopped: undefined,
      handedOverTo: undefined,
      slots,
    };
    this.logs.set(job, log);
    this.byPod.set(podUid, new FakeCoordinator(this, deployment, log));
  }

  /** It is gone. */
  end(podUid: string): void {
    this.byPod.get(podUid)?.end();
    this.byPod.delete(podUid);
  }

  find(log: FakeLog, deployment: string): FakeCoordinator | undefined {
    return [...this.byPod.values()].find((other) => other.log === log && other.deployment === deployment);
  }

  others(than: FakeCoordinator): readonly FakeCoordinator[] {
    return [...this.byPod.values()].filter((other) => other !== than && other.log === than.log);
  }

  statusOf(deployment: string): JobStatus | undefined {
    return [...this.byPod.values()].find((other) => other.deployment === deployment)?.status;
  }

  readonly dial = ({ uid }: CoordinatorPlace): CoordinatorClient => {
    const coordinator = this.byPod.get(uid);
    const gone = new MillraceError('io', 'Nobody answers.');
    return {
      ask: coordinator?.ask ?? ((async () => Promise.reject(gone)) as unknown as Ask),
      follow: (listener) => {
        if (coordinator !== undefined) return coordinator.follow(listener);
        this.timers.after(1, () => listener.onEnded(gone));
        return { close: () => undefined };
      },
    };
  };
}
