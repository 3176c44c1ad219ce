import type { Lifecycle } from '../api/functions.ts';
import type { Batch, BatchKeys } from '../batch/batch.ts';
import type { KeyedSnapshot, SnapshotRequest } from '../checkpoint/snapshot-unit.ts';
import { MillraceError } from '../contract/errors.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { PeekedState } from '../state/peek.ts';
import type { StateDescription } from '../state/state-description.ts';
import { SubtaskState, type SubtaskStateSnapshot } from '../state/subtask-state.ts';
import type { TimerQueue } from '../state/timers.ts';
import { KeyedRecordContext } from './keyed-record-context.ts';
import type { Budget, Processor, ProcessorContext } from './processor.ts';
import { RecordGuard } from './record-guard.ts';
import { RecordOutputs } from './record-outputs.ts';
import { refusePromise } from './refuse-promise.ts';
import {
  closeLifecycle,
  createRuntimeContext,
  openLifecycle,
  tellCheckpointEnded,
} from './runtime-context.ts';

/**
 * Calls a user function for each record and each timer of a key, with the key's state in hand. One lookup a record finds the
 * state; timers fire in order of time, in slices. A record or timer that fails is undone and left to the policy.
 */
export abstract class KeyedRecordProcessor implements Processor {
  protected readonly context: ProcessorContext;
  readonly store: KeyedStore;
  /** State without a key, of the user's function. */
  readonly subtaskState: SubtaskState = new SubtaskState();
  protected readonly outputs: RecordOutputs;
  protected readonly record: KeyedRecordContext;
  protected readonly guard: RecordGuard;
  private readonly lifecycle: Lifecycle;
  /** The user's method for each port, for messages. */
  private readonly methods: readonly string[];

  constructor(context: ProcessorContext, lifecycle: Lifecycle, methods: readonly string[]) {
    this.context = context;
    this.lifecycle = lifecycle;
    this.methods = methods;
    const { maxParallelism, memory: account, disk } = context;
    this.store = new KeyedStore({ maxParallelism, nowMs: () => context.nowMs(), account, disk });
    disk?.onRoom(() => context.wake());
    this.outputs = new RecordOutputs(context);
    this.record = new KeyedRecordContext(this.outputs, this.store, context.transformName);
    this.guard = new RecordGuard(context.failures, this.outputs, [this.store, this.subtaskState]);
  }

  open(): Promise<void> {
    const opening = createRuntimeContext(this.context, { keyed: this.store, subtask: this.subtaskState });
    return openLifecycle(this.lifecycle, opening);
  }

  close(): Promise<void> {
    return closeLifecycle(this.lifecycle, this.context.transformName);
  }

  exportSubtaskState(): readonly SubtaskStateSnapshot[] {
    return this.subtaskState.export();
  }

  importSubtaskState(states: readonly SubtaskStateSnapshot[]): void {
    this.subtaskState.import(states);
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.store.checkpointEnded(checkpointId, completed);
    tellCheckpointEnded(this.lifecycle, checkpointId, completed, this.context.transformName);
  }

  /** Not while too much of the state waits to be written to disk. */
  hasRoom(): boolean {
    return this.context.disk?.hasRoom() ?? true;
  }

  process(batch: Batch, port: number): void {
    const { keys } = batch;
    if (keys === undefined) {
      throw new MillraceError('internal', `Records without keys came to “${this.context.transformName}”.`);
    }
    this.runAll(batch, keys, port);
  }

  restoreWatermark(watermarkMs: number): void {
    this.record.watermarkMs = watermarkMs;
    if (watermarkMs === Infinity) this.record.timers.atLastWatermark();
  }

  advanceWatermark(watermarkMs: number, budget: Budget): boolean {
    this.restoreWatermark(watermarkMs);
    this.record.processingTimeMs = this.context.nowMs();
    return this.fireDue(this.store.eventTimers, 'event', watermarkMs, budget);
  }

  nextTimeMs(): number {
    return Math.min(this.store.processingTimers.nextMs(), this.store.nextCleanUpMs());
  }

  advanceTime(nowMs: number, budget: Budget): boolean {
    this.record.processingTimeMs = nowMs;
    if (!this.fireDue(this.store.processingTimers, 'processing', nowMs, budget)) return false;
    return this.store.nextCleanUpMs() > nowMs || this.store.removeExpired(budget);
  }

  /** Pending processing-time timers fire once, in order; those that they register for event time fire too. */
  finish(budget: Budget): boolean {
    const { eventTimers, processingTimers } = this.store;
    this.record.timers.stopClock();
    this.record.processingTimeMs = this.context.nowMs();
    return (
      this.fireDue(processingTimers, 'processing', Infinity, budget) &&
      this.fireDue(eventTimers, 'event', Infinity, budget)
    );
  }

  /** In batch mode, when the only key of a key group is done: its state goes, and event time begins anew for the next key. */
  beginAnew(keyGroup: number): void {
    this.store.dropKeyGroup(keyGroup);
    this.record.watermarkMs = -Infinity;
    this.record.timers.beginAnew();
  }

  hasDue(keyGroup: number, watermarkMs: number): boolean {
    return this.store.eventTimers.isGroupDue(keyGroup, watermarkMs);
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    return this.store.exportKeyGroup(keyGroup);
  }

  importKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.store.importKeyGroup(keyGroup, bytes);
  }

  applyKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.store.applyChanges(keyGroup, bytes);
  }

  dropKeyGroup(keyGroup: number): void {
    this.store.dropKeyGroup(keyGroup);
  }

  snapshotKeyGroups(request: SnapshotRequest): KeyedSnapshot {
    return this.store.snapshotKeyGroups(request);
  }

  describeState(): readonly StateDescription[] {
    return [...this.store.describe(), ...this.subtaskState.describe()];
  }

  peekState(stateName: string, key: unknown, hash: number, nowMs: number): PeekedState | undefined {
    return this.store.peek(stateName, key, hash, nowMs);
  }

  /** For a port whose records have no key: no state of a key is in hand. */
  protected processWithoutKeys(batch: Batch, port: number): void {
    this.store.clearCurrentKey();
    this.runAll(batch, undefined, port);
  }

  /** Calls the user's function for one record of a port, whose key is in hand, and gives what it returned. */
  protected abstract call(value: unknown, port: number): unknown;

  /** Calls the user's function for a timer, whose key is in hand, and gives what it returned. */
  protected abstract callTimer(timestampMs: number): unknown;

  /** @throws MillraceError user-code when what a user's method returned is a promise. */
  protected refusePromise(returned: unknown, method: string): void {
    refusePromise(returned, this.context.transformName, method);
  }

  private runAll(batch: Batch, keys: BatchKeys | undefined, port: number): void {
    this.record.processingTimeMs = this.context.nowMs();
    let from = 0;
    while (from < batch.length) from = this.run(batch, keys, port, from);
  }

  /** Goes on from a record and returns where to go on: behind the one that failed, or the end. */
  private run(batch: Batch, keys: BatchKeys | undefined, port: number, from: number): number {
    const { outputs, guard, store } = this;
    const { timestamps, length } = batch;
    const rows = batch.rows();
    let i = from;
    try {
      for (; i < length; i++) {
        outputs.timestampMs = timestamps[i]!;
        if (keys !== undefined) store.setCurrentKey(keys.values[i], keys.hashes[i]!);
        guard.begin();
        const returned = this.call(rows[i], port);
        if (returned !== undefined) this.refusePromise(returned, this.methods[port] ?? 'process');
        guard.commit();
      }
      return length;
    } catch (error) {
      guard.fail(error, rows[i], timestamps[i]!);
      return i + 1;
    }
  }

  private fireDue(
    timers: TimerQueue,
    domain: 'event' | 'processing',
    untilMs: number,
    budget: Budget,
  ): boolean {
    this.record.timeDomain = domain;
    while (timers.isDue(untilMs)) {
      if (!budget.take() || !this.hasRoom()) return false;
      timers.pollDue(untilMs);
      this.fire(timers.timeMs, domain === 'event');
    }
    return true;
  }

  /** Results of an event-time timer have its time; those of a processing-time timer have none. */
  private fire(timestampMs: number, isEventTime: boolean): void {
    this.outputs.timestampMs = isEventTime ? timestampMs : NaN;
    try {
      this.guard.begin();
      const returned = this.callTimer(timestampMs);
      if (returned !== undefined) this.refusePromise(returned, 'onTimer');
      this.guard.commit();
    } catch (error) {
      this.guard.fail(error, { key: this.store.currentKey, timerMs: timestampMs }, this.outputs.timestampMs);
    }
  }
}
