/**
 * `coordinator` decides about a whole job: which state it is in, when to deploy, restart and end it, and which source reader
 * gets which split. `transitions.ts` is the table of states, `restart.ts` the pure decision after a failure. This file is
 * the in-process coordinator behind `millrace run` and the tests.
 */

import { MillraceError } from '../contract/errors.ts';
import type { RestartPolicy } from '../contract/restart.ts';
import type { Barrier } from '../exchange/element.ts';
import { initialRouting, moveKeyGroups, type RoutingTable } from '../exchange/routing-table.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { Cancellable, System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import { mergeMetrics } from '../telemetry/merge-metrics.ts';
import type { MetricSnapshot } from '../telemetry/metrics.ts';
import type { SlotHandle, SlotReports, SubtaskReport } from '../worker/slot-handle.ts';
import { Enumerators } from './enumerators.ts';
import { decideRestart, type Failure } from './restart.ts';
import { canChange, isTerminal, type JobState } from './transitions.ts';

/** Starts the slots of one attempt. */
export type Deploy = (
  attempt: number,
  reportsOf: (slot: number) => SlotReports,
) => Promise<readonly SlotHandle[]>;

export interface LocalJobSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly graph: PhysicalGraph;
  readonly baseDirectory: string;
  readonly restart: RestartPolicy;
  readonly deploy: Deploy;
}

/** How a job ended. */
export interface JobResult {
  readonly state: 'finished' | 'stopped' | 'cancelled' | 'failed';
  readonly attempts: number;
  readonly error?: unknown;
  /** The last metrics of the last attempt. */
  readonly metrics: MetricSnapshot;
}

/** A job of this process, from its first attempt to its end. */
export class LocalJob {
  /** Settles once, when the job can do nothing more; never rejects. */
  readonly ended: Promise<JobResult>;
  private readonly settings: LocalJobSettings;
  private resolveEnded: (result: JobResult) => void = () => undefined;
  private current: JobState = 'created';
  private attemptNumber = 0;
  private attemptStartedMs = 0;
  private slots: readonly SlotHandle[] = [];
  private finishedSlots = 0;
  private drained = true;
  private enumerators: Enumerators | undefined;
  private readonly failures: Failure[] = [];
  private delay: Cancellable | undefined;
  private routing: RoutingTable;

  constructor(settings: LocalJobSettings) {
    this.settings = settings;
    this.routing = initialRouting(settings.graph.slots, settings.graph.maxParallelism);
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  get state(): JobState {
    return this.current;
  }

  get attempt(): number {
    return this.attemptNumber;
  }

  /** Counters of every subtask of the current attempt. */
  report(): readonly SubtaskReport[] {
    return this.slots.flatMap((slot) => slot.report());
  }

  /** Whether a task begins with a source: what it takes in is what the job has read. */
  readsSource(task: number): boolean {
    return this.settings.graph.tasks[task]?.chain[0]?.spec.kind === 'source';
  }

  /** Metrics of all slots as one, grouped by transform: counters of the job's functions are its accumulators. */
  metrics(): MetricSnapshot {
    return mergeMetrics(this.slots.map((slot) => slot.metrics()));
  }

  start(): void {
    void this.deploy();
  }

  /** Ends sources after the records in hand, without a last watermark. */
  stop(): void {
    if (this.current === 'stopping' || isTerminal(this.current)) return;
    if (this.current === 'created')
      return this.end({ state: 'stopped', attempts: 0, metrics: this.metrics() }, 'cancelled');
    const waiting = this.current === 'restarting';
    this.change('stopping');
    if (waiting) return this.end({ state: 'stopped', attempts: this.attemptNumber, metrics: this.metrics() });
    for (const slot of this.slots) slot.stop();
  }

  /**
   * Gives key groups to another slot at a barrier, without stopping the job: senders switch tables at the barrier, and the
   * new owner waits for the state. Ignored unless the job runs.
   */
  moveKeyGroups(keyGroups: readonly number[], toSlot: number): void {
    if (this.current !== 'running') return;
    this.routing = moveKeyGroups(this.routing, keyGroups, toSlot);
    const barrier: Barrier = { kind: 'barrier', id: this.routing.version, routing: this.routing };
    for (const slot of this.slots) slot.inject(barrier);
  }

  /** Ends at once. */
  async cancel(): Promise<void> {
    if (isTerminal(this.current)) return;
    this.change('cancelled');
    await this.release();
    this.resolveEnded({ state: 'cancelled', attempts: this.attemptNumber, metrics: this.metrics() });
  }

  private async deploy(): Promise<void> {
    this.change('deploying');
    const attempt = ++this.attemptNumber;
    const { system, logger, graph, baseDirectory } = this.settings;
    this.attemptStartedMs = system.clock.monotonicMs();
    this.finishedSlots = 0;
    this.drained = true;
    this.routing = initialRouting(graph.slots, graph.maxParallelism);
    const onFailed = (error: unknown): void => this.onFailed(attempt, error);
    // Of this attempt: what is late from an earlier one must not reach the slots of the next.
    let slots: readonly SlotHandle[] = [];
    try {
      const enumerators = new Enumerators(graph, {
        system,
        logger,
        baseDirectory,
        assign: (task, slot, split) => slots[slot]?.addSplit(task, split),
        noMoreSplits: (task, slot) => slots[slot]?.noMoreSplits(task),
        fail: onFailed,
      });
      this.enumerators = enumerators;
      slots = await this.settings.deploy(attempt, (slot) => ({
        sendState: (toSlot, state) => slots[toSlot]?.acceptState(state),
        requestSplit: (task) => this.requestSplit(attempt, enumerators, task, slot),
        onFinished: (drained) => this.onFinished(attempt, drained),
        onFailed,
      }));
      if (!this.isStarting(attempt)) return await this.closeAll(slots);
      this.slots = slots;
      await enumerators.start();
      if (!this.isStarting(attempt)) return;
      for (const slot of slots) slot.start();
      if (this.current === 'stopping') for (const slot of slots) slot.stop();
      else this.change('running');
    } catch (error) {
      onFailed(error);
    }
  }

  /** Whether an attempt is still wanted after its deployment has waited for something. */
  private isStarting(attempt: number): boolean {
    return attempt === this.attemptNumber && (this.current === 'deploying' || this.current === 'stopping');
  }

  /** An enumerator may be code of the job's author: what it throws is the job's failure. */
  private requestSplit(attempt: number, enumerators: Enumerators, task: number, slot: number): void {
    if (attempt !== this.attemptNumber || this.enumerators !== enumerators) return;
    try {
      enumerators.requestSplit(task, slot);
    } catch (error) {
      this.onFailed(attempt, error);
    }
  }

  private onFinished(attempt: number, drained: boolean): void {
    if (attempt !== this.attemptNumber) return;
    this.finishedSlots++;
    this.drained = this.drained && drained;
    if (this.finishedSlots < this.slots.length) return;
    const state = this.drained ? 'finished' : 'stopped';
    void this.release().then(() => this.end({ state, attempts: attempt, metrics: this.metrics() }));
  }

  private onFailed(attempt: number, error: unknown): void {
    if (attempt !== this.attemptNumber || isTerminal(this.current) || this.current === 'restarting') return;
    const { system, logger, restart } = this.settings;
    const nowMs = system.clock.monotonicMs();
    this.failures.push({ atMs: nowMs, ranMs: nowMs - this.attemptStartedMs });
    const invalid = MillraceError.is(error) && error.code === 'job-invalid';
    const decision = decideRestart(
      invalid ? { strategy: 'None' } : restart,
      this.failures,
      system.random.next(),
    );
    if (!decision.restart || this.current === 'stopping') {
      this.change('failed');
      void this.release().then(() =>
        this.resolveEnded({ state: 'failed', attempts: attempt, error, metrics: this.metrics() }),
      );
      return;
    }
    this.change('restarting');
    const message = error instanceof Error ? error.message : String(error);
    logger.warn(`Attempt ${attempt} failed, next in ${Math.round(decision.delayMs)} ms: ${message}`);
    void this.release().then(() => {
      if (this.current !== 'restarting') return;
      this.delay = system.timers.after(decision.delayMs, () => void this.deploy());
    });
  }

  private change(to: JobState): void {
    if (!canChange(this.current, to)) {
      throw new MillraceError('internal', `A job cannot go from ${this.current} to ${to}.`);
    }
    this.current = to;
  }

  private end(result: JobResult, via: JobState = result.state): void {
    if (isTerminal(this.current)) return;
    this.change(via);
    this.resolveEnded(result);
  }

  /** Lets go of slots and enumerators. */
  private async release(): Promise<void> {
    this.delay?.cancel();
    const { enumerators } = this;
    this.enumerators = undefined;
    await this.closeAll(this.slots, enumerators);
  }

  /** What fails while closing is logged, the job's end does not hang on it. */
  private async closeAll(slots: readonly SlotHandle[], enumerators?: Enumerators): Promise<void> {
    const closing: Promise<void>[] = slots.map((slot) => slot.cancel());
    if (enumerators !== undefined) closing.push(enumerators.close());
    for (const result of await Promise.allSettled(closing)) {
      if (result.status === 'rejected') this.settings.logger.warn(`Closing failed: ${String(result.reason)}`);
    }
  }
}
