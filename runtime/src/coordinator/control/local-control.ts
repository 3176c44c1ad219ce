import type { JobEvent } from '../../contract/control/events.ts';
import type { JobFailure } from '../../contract/control/failures.ts';
import type { Operation, StopRequest } from '../../contract/control/operations.ts';
import { routes } from '../../contract/control/routes.ts';
import type { JobStatus, PauseReport } from '../../contract/control/status.ts';
import { MillraceError } from '../../contract/errors.ts';
import { describeGraph } from '../../graph/describe.ts';
import type { System } from '../../sys/system.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { MetricScope } from '../../telemetry/prometheus.ts';
import type { CheckpointEvent } from '../checkpoint-events.ts';
import { CheckpointHistory } from '../checkpoint-history.ts';
import type { SwitchOverEvent } from '../job-observer.ts';
import type { LocalJob } from '../local-job.ts';
import { SavepointHistory } from '../savepoint-history.ts';
import type { SavepointEvent } from '../savepoints.ts';
import { checkpointAnswers } from './checkpoint-answers.ts';
import { checkpointScopes } from './checkpoint-metrics.ts';
import { deploymentAnswers, nextDeploymentOf } from './deployment-answers.ts';
import { causeChain, FailureHistory } from './failure-history.ts';
import { HandOverWish } from './hand-over-wish.ts';
import type { Answers, JobControl } from './job-control.ts';
import { jobScopes, pauseGauges, slotScopes, subtaskScopes } from './metric-scopes.ts';
import { ParallelismWish } from './parallelism-wish.ts';
import { nameOfNow, savepointAnswers } from './savepoint-answers.ts';
import { SettingsWish } from './settings-wish.ts';
import { slotAnswers } from './slot-answers.ts';
import { StateTimes } from './state-times.ts';
import { SubtaskRates } from './subtask-rates.ts';
import { taskDetail, taskStatus } from './task-status.ts';

export interface LocalControlSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly job: LocalJob;
  readonly name: string;
  /** Of the runtime. */
  readonly version: string;
}

const cannot = (what: string): MillraceError =>
  new MillraceError('unsupported', `A job that runs in one process without a store cannot do this: ${what}`, {
    hint: 'Run it with a store for its checkpoints, or with workers of their own.',
  });

/** What is answered where nothing else is known. */
const refusals = (): Answers =>
  Object.fromEntries(
    (Object.keys(routes) as Operation[]).map((operation) => [
      operation,
      () => {
        throw cannot(routes[operation].summary);
      },
    ]),
  ) as unknown as Answers;

/** The job of this process, as the control API holds it. */
class LocalControl {
  private readonly settings: LocalControlSettings;
  private readonly listeners = new Set<(event: JobEvent) => void>();
  private readonly history = new FailureHistory();
  /** Absent where the job has no store. */
  private readonly checkpoints: CheckpointHistory | undefined;
  private readonly savepoints: SavepointHistory | undefined;
  private readonly rates = new SubtaskRates();
  private readonly times: StateTimes;
  private sinceMs: number;
  private runningSinceMs: number | undefined;
  private restarts = 0;
  private rescales = 0;
  private readonly wish: ParallelismWish;
  private readonly giving: HandOverWish;
  private readonly settingsWish: SettingsWish;
  private pauses: Readonly<Record<SwitchOverEvent['kind'], PauseReport | null>> = {
    rescale: null,
    upgrade: null,
  };

  constructor(settings: LocalControlSettings) {
    this.settings = settings;
    this.sinceMs = settings.system.clock.nowMs();
    this.times = new StateTimes(settings.job.state, settings.system.clock.monotonicMs());
    this.wish = new ParallelismWish(settings.job, settings.logger);
    this.giving = new HandOverWish(settings.job);
    this.settingsWish = new SettingsWish(settings.job);
    const { job } = settings;
    const { uid, savepoints } = job;
    this.checkpoints = uid === undefined ? undefined : new CheckpointHistory(uid, () => job.graph);
    const subtasks = (): number => job.graph.tasks.reduce((sum, { parallelism }) => sum + parallelism, 0);
    this.savepoints =
      savepoints && new SavepointHistory(subtasks, (savepoint) => savepoints.place(savepoint));
    settings.job.observe({
      onState: (state) => this.onState(state),
      onFailure: (error, attempt, restarts) => this.onFailure(error, attempt, restarts),
      onCheckpoint: (event) => this.onCheckpoint(event),
      onSavepoint: (event) => this.onSavepoint(event),
      onSwitchOver: (event) => this.onSwitchOver(event),
      onDeployment: () => this.tell({ type: 'deployment', deployment: nextDeploymentOf(job) }),
      onHandOver: () => this.tell({ type: 'handOver', handOver: this.giving.answer }),
    });
  }

  control(): JobControl {
    const { job, name, system } = this.settings;
    const { checkpoints } = this;
    return {
      ...refusals(),
      ...this.answers(),
      ...slotAnswers(job, name, system.random),
      ...(checkpoints === undefined ? {} : this.storedAnswers(checkpoints)),
      subscribe: (listener) => {
        this.listeners.add(listener);
        return () => void this.listeners.delete(listener);
      },
      metrics: () => [
        ...jobScopes(name, job.state, this.times.until(system.clock.monotonicMs()), {
          attempt: job.attempt,
          numRestarts: this.restarts,
          numRescales: this.rescales,
          ...pauseGauges(this.pauses),
          parallelism: job.graph.slots,
        }),
        ...(checkpoints === undefined ? [] : checkpointScopes(name, checkpoints)),
        ...this.subtaskMetrics(),
        ...job.slotMetrics().flatMap((snapshot, slot) => slotScopes(name, job.graph, slot, snapshot)),
      ],
      notReady: () => (job.state === 'running' ? undefined : `The job is ${job.state}.`),
    };
  }

  private answers(): Partial<Answers> {
    const { job } = this.settings;
    return {
      getStatus: () => this.status(),
      getGraph: () => JSON.parse(JSON.stringify(describeGraph(job.graph))),
      listTasks: () => ({
        tasks: job.graph.tasks.map((task) => taskStatus(task, job.report(), this.elapsedMs())),
      }),
      getTask: ({ task: index }) => {
        const { graph } = job;
        const task = graph.tasks[index];
        if (task !== undefined) return taskDetail(task, job.report(), this.elapsedMs(), job.metrics());
        const hint = `Its tasks are numbered from 0 to ${graph.tasks.length - 1}.`;
        throw new MillraceError('not-found', `The job has no task ${index}.`, { hint });
      },
      listWorkers: () => {
        const slots = Array.from({ length: job.graph.slots }, (_, slot) => slot);
        return {
          workers: [{ id: 'local', address: null, slots, state: 'active', silentMs: 0, residentBytes: null }],
        };
      },
      listFailures: () => ({ failures: this.history.failures, total: this.history.total }),
      getParallelism: () => this.wish.answer,
      configure: (request) => {
        this.settingsWish.take(request);
        this.tell({ type: 'status', status: this.status() });
        return this.status();
      },
      stop: async (request) => {
        if (request.savepoint === true) await this.stopWithSavepoint('stopped', request);
        else job.stop();
        return this.status();
      },
      drain: async (request) => {
        if (request.savepoint === true) await this.stopWithSavepoint('drained', request);
        else job.drain();
        return this.status();
      },
      cancel: () => {
        void job.cancel();
        return this.status();
      },
    };
  }

  private async stopWithSavepoint(as: 'stopped' | 'drained', { name }: StopRequest): Promise<void> {
    const { system, job } = this.settings;
    if (job.savepoints === undefined) throw cannot('Takes a savepoint before it stops.');
    await job.stopWithSavepoint(as, name ?? nameOfNow(system.clock));
  }

  /** What takes a store. */
  private storedAnswers(history: CheckpointHistory): Partial<Answers> {
    const { job, system } = this.settings;
    const { savepoints } = job;
    return {
      ...checkpointAnswers(job, history),
      ...(savepoints &&
        this.savepoints &&
        savepointAnswers({ clock: system.clock, job, savepoints, history: this.savepoints })),
      ...deploymentAnswers(job),
      handOver: (request) => this.giving.take(request),
      getHandOver: () => this.giving.answer,
      setParallelism: (request) => this.wish.take(request),
      suspend: () => {
        job.suspend();
        return this.status();
      },
      resume: () => {
        job.resume();
        return this.status();
      },
    };
  }

  private status(): JobStatus {
    const { job, name, version } = this.settings;
    const { desired, actual, maximum } = this.wish.answer;
    const [last] = this.history.failures;
    const lastCheckpoint = this.checkpoints?.latest();
    const troubled = job.state === 'failed' || job.state === 'restarting';
    return {
      name,
      uid: job.uid ?? null,
      state: job.state,
      role: job.changes.role,
      deployment: job.changes.deployment,
      sinceMs: this.sinceMs,
      attempt: job.attempt,
      term: job.term,
      revision: job.revision,
      runtimeVersion: version,
      restarts: this.restarts,
      parallelism: { desired, actual, maximum },
      settings: this.settingsWish.name,
      lastRescale: this.pauses.rescale,
      lastUpgrade: this.pauses.upgrade,
      lastCheckpoint: lastCheckpoint ? { id: lastCheckpoint.id, completedMs: lastCheckpoint.endedMs } : null,
      restored: job.changes.restored ?? null,
      trouble: troubled ? (last?.causes[0]?.message ?? null) : null,
    };
  }

  private subtaskMetrics(): MetricScope[] {
    const { job, name, system } = this.settings;
    const reports = job.report();
    return subtaskScopes(name, reports, this.rates.of(reports, system.clock.monotonicMs()));
  }

  private elapsedMs(): number {
    const { clock } = this.settings.system;
    return this.runningSinceMs === undefined ? 0 : clock.monotonicMs() - this.runningSinceMs;
  }

  private onState(state: JobStatus['state']): void {
    const { clock } = this.settings.system;
    this.sinceMs = clock.nowMs();
    this.times.change(state, clock.monotonicMs());
    if (state === 'running') this.runningSinceMs = clock.monotonicMs();
    this.tell({ type: 'status', status: this.status() });
    void this.wish.follow();
  }

  private onFailure(error: unknown, attempt: number, restarts: boolean): void {
    const { system, job } = this.settings;
    const causes = causeChain(error);
    const places = Object.assign({}, ...causes.map(({ where }) => where).toReversed()) as Record<
      string,
      unknown
    >;
    const task = job.graph.tasks.find(({ name, chain }) =>
      [name, ...chain.map((node) => node.name)].includes(String(places['transform'] ?? places['task'])),
    );
    const slot = Number(places['slot']);
    const failure: JobFailure = {
      atMs: system.clock.nowMs(),
      attempt,
      task: task?.name ?? null,
      slot: Number.isSafeInteger(slot) && slot >= 0 ? slot : null,
      causes,
      outcome: restarts ? 'restarted' : 'failed',
    };
    if (restarts) this.restarts++;
    this.history.add(failure);
    this.tell({ type: 'failure', failure });
  }

  private onCheckpoint(event: CheckpointEvent): void {
    this.savepoints?.takeCheckpoint(event);
    const checkpoint = this.checkpoints?.take(event, this.settings.system.clock.nowMs());
    // The acknowledgements are many and stand in the status of whoever asks.
    if (checkpoint !== undefined && event.what !== 'acknowledged')
      this.tell({ type: 'checkpoint', checkpoint });
  }

  private onSwitchOver({ kind, ...event }: SwitchOverEvent): void {
    const { committedPauseMs = null, reason = null } = event;
    if (kind === 'rescale' && event.outcome === 'done') this.rescales++;
    const atMs = this.settings.system.clock.nowMs();
    const ended: PauseReport = { ...event, atMs, committedPauseMs, reason };
    if (kind === 'upgrade' && event.outcome === 'done' && committedPauseMs === null) {
      this.wish.forget();
      this.settingsWish.forget();
    }
    this.pauses = { ...this.pauses, [kind]: ended };
    this.tell({ type: 'status', status: this.status() });
  }

  private onSavepoint(event: SavepointEvent): void {
    const savepoint = this.savepoints?.take(event, this.settings.system.clock.nowMs());
    if (savepoint !== undefined) this.tell({ type: 'savepoint', savepoint });
  }

  private tell(event: JobEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

/** To be called before the job is started, and once: it observes the job. */
export const createLocalControl = (settings: LocalControlSettings): JobControl =>
  new LocalControl(settings).control();
