/**
 * `coordinator` decides about a whole job: which state it is in, when to deploy, restart and end it, and which source reader
 * gets which split. `transitions.ts` is the table of states, `restart.ts` the pure decision after a failure. This file is
 * the in-process coordinator behind `millrace run` and the tests.
 */
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { Cancellable } from '../sys/system.ts';
import type { MetricSnapshot } from '../telemetry/metrics.ts';
import type { SubtaskReport } from '../worker/slot-handle.ts';
import type { Attempt } from './attempt.ts';
import { Attempts } from './attempts.ts';
import type { CheckpointEvent } from './checkpoint-events.ts';
import type { CompletedCheckpoint } from './checkpoints.ts';
import type { Garbage } from './garbage.ts';
import { JobChanges } from './job-changes.ts';
import type { JobObserver } from './job-observer.ts';
import {
  inBatchMode,
  noStore,
  notRunning,
  notSuspended,
  outputIsHeld,
  stoppedInBatchMode,
} from './job-refusals.ts';
import type { JobResult } from './job-result.ts';
import { garbageOf, savepointsOf } from './job-storage.ts';
import type { LocalJobSettings } from './local-job-settings.ts';
import { Restarts, tellDecision } from './restarts.ts';
import type { BegunSavepoint, Savepoints } from './savepoints.ts';
import { canChange, isIdle, isTerminal, type JobState } from './transitions.ts';

/** What is to become of a job whose sources are told to end. */
type Leaving = 'stopped' | 'drained' | 'suspended';

/** A job of this process, from its first attempt to its end. */
export class LocalJob {
  readonly changes: JobChanges;
  /** Absent where the job has no store. */
  readonly savepoints: Savepoints | undefined;
  /** Settles once, when the job can do nothing more; never rejects. */
  readonly ended: Promise<JobResult>;
  private readonly settings: LocalJobSettings;
  private readonly resolveEnded: (result: JobResult) => void;
  private current: JobState = 'created';
  private readonly attempts: Attempts;
  private readonly restarts: Restarts;
  private delay: Cancellable | undefined;
  private readonly garbage: Garbage | undefined;
  private leaving: Leaving = 'stopped';
  /** The savepoint that its last checkpoint becomes. */
  private lastSavepoint: string | undefined;
  private observer: JobObserver | undefined;

  constructor(settings: LocalJobSettings) {
    this.settings = settings;
    this.restarts = new Restarts(settings.system, settings.restart);
    const { promise, resolve } = Promise.withResolvers<JobResult>();
    this.ended = promise;
    this.resolveEnded = resolve;
    void promise.then(() => this.attempts.release());
    const { system, logger } = settings;
    this.attempts = new Attempts({
      system,
      logger,
      revision: settings,
      events: {
        onRunning: () => this.onRunning(),
        onEnded: (drained) => void this.onEnded(drained),
        onFinished: (drained) => void this.onFinished(drained),
        onFailed: (error) => this.onFailed(error),
      },
      onCheckpoint: (event) => this.onCheckpoint(event),
      isShared: settings.deployed !== undefined,
    });
    this.changes = new JobChanges({
      job: settings,
      attempts: this.attempts,
      restarts: this.restarts,
      refuseUnlessRunning: (what) => this.refuseUnlessRunning(what),
      rollBack: (reason) => this.rollBack(reason),
      onSwitchOver: (event) => this.observer?.onSwitchOver(event),
      onDeployment: () => this.observer?.onDeployment?.(),
      onHandOver: () => this.observer?.onHandOver?.(),
      lead: (takesOver) => this.lead(takesOver),
      handedOver: () => this.handedOver(),
      end: (state) => this.end(state),
    });
    this.savepoints = savepointsOf(settings, (event) => this.observer?.onSavepoint(event));
    this.garbage = garbageOf(settings, () => !(this.savepoints?.isUnderWay || this.attempts.isSwitching));
  }

  get state(): JobState {
    return this.current;
  }

  /** The number of the newest attempt; 0 before the first. */
  get attempt(): number {
    return this.running?.number ?? 0;
  }

  /** The term in which it is led; 0 before the first, and without a store. */
  get term(): number {
    return this.running?.term ?? 0;
  }

  get graph(): PhysicalGraph {
    return this.attempts.graph;
  }

  /** The name of the revision that runs; null = it has none. */
  get revision(): string | null {
    return this.attempts.name ?? null;
  }

  /** What the job is called in its store; undefined = it has none. */
  get uid(): string | undefined {
    return this.settings.checkpoints?.base.jobUid;
  }

  /** From now on `observer` is told what happens, and whoever was told before no longer. */
  observe(observer: JobObserver): void {
    this.observer = observer;
  }

  /** Counters of every subtask of the newest attempt. */
  report(): readonly SubtaskReport[] {
    return this.attempts.report();
  }

  /** What runs now, to be looked into; undefined = nothing does. */
  get inside(): Attempt | undefined {
    return this.current === 'running' ? this.running : undefined;
  }

  /** Metrics of all slots as one, grouped by transform: counters of the job's functions are its accumulators. */
  metrics(): MetricSnapshot {
    return this.attempts.metrics();
  }

  /** The same of each slot. */
  slotMetrics(): readonly MetricSnapshot[] {
    return this.running?.slotMetrics() ?? [];
  }

  /**
   * Starts the first attempt, unless another deployment runs the job: then looks on. A job that was started, stopped or cancelled before stays
   * as it is.
   */
  start(): void {
    if (this.current === 'created' && this.changes.begin()) void this.deploy();
  }

  /** Ends sources after the records in hand, without a last watermark. */
  stop(): void {
    if (isIdle(this.current)) return this.end('stopped');
    // Whoever wants it gone does not wait for a suspension to end.
    if (this.leaving === 'suspended') this.leaving = 'stopped';
    this.leave('stopped');
  }

  /** Ends sources as if their input were complete: all windows fire, and the job has finished. Only while it runs. */
  drain(): void {
    this.refuseUnlessRunning('be drained');
    this.leave('drained');
  }

  /** Stops with all that it holds in a checkpoint, from which `resume` goes on. Only while it runs, and with a store. */
  suspend(): void {
    if (this.settings.checkpoints === undefined) throw noStore();
    this.refuseInBatchMode();
    this.refuseUnlessRunning('be suspended');
    this.leave('suspended');
  }

  /** Goes on after `suspend`. */
  resume(): void {
    if (this.current !== 'suspended') throw notSuspended(this.current);
    void this.deploy();
  }

  /**
   * Goes on in a new attempt, so that slots find other places, from a checkpoint that is taken first if there can be one. Ignored
   * unless the job runs.
   */
  async redeploy(reason: string): Promise<void> {
    const { running, settings } = this;
    if (this.current !== 'running' || running === undefined || running.isOver) return;
    await running.tryCheckpoint();
    if (this.current !== 'running' || this.running !== running || running.isOver) return;
    settings.logger.info(`Attempt ${running.number} ends, and the next one begins: ${reason}`);
    await this.restart(0);
  }

  /** Takes a checkpoint beside those of the policy. Rejects when it comes to nothing, or cannot be. */
  async takeCheckpoint(kind: CheckpointManifest['kind']): Promise<CompletedCheckpoint> {
    this.refuseInBatchMode();
    this.refuseUnlessRunning('take a checkpoint');
    return (this.running as Attempt).takeCheckpoint(kind);
  }

  /** Begins a savepoint beside what runs. Rejects when it cannot be, or the name is taken. */
  async savepoint(name: string): Promise<BegunSavepoint> {
    const savepoints = await this.beginSavepoint(name);
    return { kept: savepoints.keep(this.takeCheckpoint('savepoint')) };
  }

  /** Stops or drains, and makes a savepoint of the last checkpoint, without which the job has failed. */
  async stopWithSavepoint(as: 'stopped' | 'drained', name: string): Promise<void> {
    const savepoints = await this.beginSavepoint(name);
    if (this.current !== 'running') await savepoints.end(`the job is ${this.current}`);
    this.refuseUnlessRunning('be stopped with a savepoint');
    this.lastSavepoint = name;
    this.leave(as);
  }

  /** See `Attempt.moveKeyGroups`. Ignored unless the job runs. */
  moveKeyGroups(keyGroups: readonly number[], toSlot: number): void {
    if (this.current === 'running') this.running?.moveKeyGroups(keyGroups, toSlot);
  }

  /** Ends at once; resolves when everything is closed. */
  async cancel(): Promise<void> {
    if (!isTerminal(this.current)) this.end('cancelled');
    await this.ended;
  }

  private get running(): Attempt | undefined {
    return this.attempts.running;
  }

  private async deploy(takesOver = false): Promise<void> {
    this.change('deploying');
    const isWanted = (): boolean => {
      if (this.current === 'stopping') this.end('stopped');
      return this.current === 'deploying';
    };
    try {
      await this.attempts.deploy(isWanted, takesOver);
    } catch (error) {
      if (!isTerminal(this.current)) this.onFailed(error);
    }
  }

  private onCheckpoint(event: CheckpointEvent): void {
    this.observer?.onCheckpoint(event);
    if (event.what !== 'completed') return;
    this.changes.upgrade.checkpointCompleted();
    this.garbage?.checkpointCompleted();
  }

  /** The last records are in a checkpoint of their own, and what sinks have written is visible, before the slots close. */
  private async onEnded(drained: boolean): Promise<void> {
    const { running } = this;
    const { checkpoints, logger } = this.settings;
    if (!drained && checkpoints?.onlyLast === true) {
      logger.warn(stoppedInBatchMode);
      return running?.release();
    }
    try {
      if (running === undefined) return;
      await this.changes.upgrade.release();
      const isCheckpoint = drained && this.lastSavepoint === undefined;
      const last = running.takeLastCheckpoint(isCheckpoint ? 'checkpoint' : 'savepoint');
      if (this.lastSavepoint !== undefined) await this.savepoints?.keep(last);
      await running.endWith(await last);
    } catch (error) {
      running?.giveUp(error);
    }
  }

  private async onFinished(drained: boolean): Promise<void> {
    const state = drained ? 'finished' : 'stopped';
    const { checkpoints } = this.attempts;
    if (checkpoints === undefined) return this.end(state);
    const how = drained && this.leaving !== 'drained' ? 'finished' : this.leaving;
    try {
      await checkpoints.log.stopped(how, this.lastSavepoint);
    } catch (error) {
      this.settings.logger.warn(`The log does not say that the job has ${state}: ${reasonOf(error)}`);
    }
    if (isTerminal(this.current)) return;
    if (how !== 'suspended' || this.leaving !== how) return this.end(state);
    await this.attempts.close('the job is suspended');
    if (this.current === 'stopping') this.change('suspended');
  }

  private onRunning(): void {
    // Asked to stop while it was deployed: sources must begin before they can end.
    this.changes.onRunning();
    if (this.current === 'stopping') this.endSources();
    else if (this.current !== 'running') this.change('running');
  }

  private onFailed(error: unknown): void {
    const { attempts, changes, current, observer } = this;
    const isStopping = current === 'stopping';
    if (!isStopping && (attempts.isActivating || changes.upgrade.onFailed(error) === 'rollBack')) {
      observer?.onFailure(error, this.attempt, true);
      return this.rollBack(reasonOf(error));
    }
    const decision = this.restarts.afterFailure(error, attempts.ranMs);
    observer?.onFailure(error, this.attempt, decision.restart && !isStopping);
    if (isStopping) return this.end('failed', error);
    tellDecision(this.settings.logger, this.attempt, error, decision);
    if (!decision.restart) return this.end('failed', error);
    void this.restart(decision.delayMs);
  }

  /** Goes on as what ran before the switch-over: what has not failed yet needs no delay. */
  private rollBack(reason: string): void {
    if (!canChange(this.current, 'restarting')) return;
    this.settings.logger.warn(`Attempt ${this.attempt} ends, and the job goes on as it was: ${reason}`);
    if (this.attempts.canGiveBack) return void this.giveBack(reason);
    this.attempts.rollBack();
    void this.restart(0);
  }

  /** The deployment before goes on, in processes of its own; this one looks on, and may be handed the job again. */
  private async giveBack(reason: string): Promise<void> {
    this.change('restarting');
    await this.attempts.giveBack(reason);
    if (this.current !== 'restarting') return;
    this.change('handedOver');
    this.changes.standby?.start();
  }

  /** It is handed to this deployment, or comes back. */
  private lead(takesOver: boolean): void {
    if (this.current === 'created' || this.current === 'handedOver') void this.deploy(takesOver);
  }

  private handedOver(): void {
    if (this.current === 'running') this.change('handedOver');
    else if (this.current === 'stopping') this.end('stopped');
  }

  private async restart(delayMs: number): Promise<void> {
    this.change('restarting');
    await this.attempts.close('the job had to be restarted');
    if (this.current !== 'restarting') return;
    this.delay = this.settings.system.timers.after(delayMs, () => void this.deploy());
  }

  private async beginSavepoint(name: string): Promise<Savepoints> {
    const { savepoints } = this;
    if (savepoints === undefined) throw noStore();
    this.refuseInBatchMode();
    this.refuseUnlessRunning('take a savepoint');
    if (this.changes.upgrade.isHeld) throw outputIsHeld();
    await savepoints.begin(name);
    return savepoints;
  }

  private refuseInBatchMode(): void {
    if (this.settings.checkpoints?.onlyLast === true) throw inBatchMode();
  }

  private refuseUnlessRunning(what: string): void {
    if (this.current !== 'running') throw notRunning(this.current, what);
  }

  private leave(as: Leaving): void {
    if (!canChange(this.current, 'stopping')) return;
    this.leaving = as;
    this.change('stopping');
    this.endSources();
  }

  private endSources(): void {
    if (this.leaving === 'drained') this.running?.drain();
    else this.running?.stop();
  }

  private change(to: JobState): void {
    if (!canChange(this.current, to)) {
      throw new MillraceError('internal', `A job cannot go from ${this.current} to ${to}.`);
    }
    this.current = to;
    this.observer?.onState(to);
  }

  /** The last that happens to a job: whatever is still there is closed, and then its end is told. */
  private end(state: JobResult['state'], error?: unknown): void {
    this.change(state);
    this.delay?.cancel();
    const reason = 'the job has ended';
    this.changes.end();
    const { attempts } = this;
    const tell = (): void =>
      this.resolveEnded({ state, attempts: attempts.count, error, metrics: attempts.metrics() });
    if (this.running === undefined) tell();
    else {
      const kept = this.savepoints?.end(reason);
      void Promise.all([attempts.close(reason), kept, this.garbage?.idle()]).then(tell);
    }
  }
}
