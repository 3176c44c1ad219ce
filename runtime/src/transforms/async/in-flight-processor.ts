/**
 * `async` holds what transforms that wait for the outside share. A record for which an answer is awaited is *in flight*; a
 * queue keeps results back until it is their turn and watermarks until nothing before them is in flight, so input goes on
 * meanwhile. A *call* is one question to the outside with its tries; a pool runs only so many at a time.
 *
 * Answers arrive between the calls of the task. They are only noted and the task is woken; results go out in `settle`.
 */
import type { Lifecycle } from '../../api/functions.ts';
import type { Batch } from '../../batch/batch.ts';
import type { KeyedSnapshot, SnapshotRequest } from '../../checkpoint/snapshot-unit.ts';
import { keyGroupOf } from '../../state/key-groups.ts';
import { SubtaskState, type SubtaskStateSnapshot } from '../../state/subtask-state.ts';
import type { Processor, ProcessorContext } from '../processor.ts';
import { RecordGuard } from '../record-guard.ts';
import { RecordOutputs } from '../record-outputs.ts';
import {
  closeLifecycle,
  createRuntimeContext,
  openLifecycle,
  tellCheckpointEnded,
} from '../runtime-context.ts';
import { type CallLimits, CallPool } from './call-pool.ts';
import { createInFlightQueue, InFlight, type InFlightQueue } from './in-flight.ts';
import { decodeInFlight, encodeInFlight, type InFlightRecord } from './in-flight-codec.ts';
import { InFlightSnapshots } from './in-flight-snapshots.ts';

/** Reserved: an author's state of this name would be taken for records in flight. */
const inFlightState = 'millrace:in-flight';

/** What a transform that waits for the outside is made of. */
export interface InFlightSettings extends CallLimits {
  readonly order: 'ordered' | 'unordered';
  readonly lifecycle: Lifecycle;
}

/**
 * Keeps records in flight. Watermarks are taken into the queue and come out as generated ones: only the end of the input
 * waits for `settle`.
 */
export abstract class InFlightProcessor implements Processor {
  protected readonly context: ProcessorContext;
  protected readonly outputs: RecordOutputs;
  protected readonly pool: CallPool;
  readonly subtaskState: SubtaskState = new SubtaskState();
  private readonly settings: InFlightSettings;
  private readonly snapshots: InFlightSnapshots = new InFlightSnapshots();
  private readonly guard: RecordGuard;
  private readonly queue: InFlightQueue;
  /** Everything in flight, in order of arrival. */
  private readonly elements = new Set<InFlight>();
  /** What becomes of the watermark just taken, and the one that may go on. −Infinity = none. */
  private passedMs = -Infinity;
  private releasedMs = -Infinity;
  /** In flight before a restart, until the function is open. */
  private readonly restored: InFlightRecord[] = [];
  /** Whether the task knows that something is ready. */
  private isWoken = false;

  constructor(context: ProcessorContext, settings: InFlightSettings) {
    this.context = context;
    this.settings = settings;
    this.outputs = new RecordOutputs(context);
    this.guard = new RecordGuard(context.failures, this.outputs, [this.subtaskState]);
    this.queue = createInFlightQueue(settings.order);
    this.pool = new CallPool(context.system.timers, settings);
  }

  /** What was in flight before a restart is asked for again. */
  async open(): Promise<void> {
    const opening = createRuntimeContext(this.context, { subtask: this.subtaskState });
    await openLifecycle(this.settings.lifecycle, opening);
    this.restoreInFlight(this.restored.splice(0));
  }

  /** Records in flight that belong to no key are items of a list: each is asked for again by one subtask. */
  exportSubtaskState(): readonly SubtaskStateSnapshot[] {
    const items = this.snapshotInFlight()
      .filter(({ keyGroup }) => keyGroup < 0)
      .map((record) => encodeInFlight([record]));
    return [...this.subtaskState.export(), { kind: 'list', name: inFlightState, items }];
  }

  importSubtaskState(states: readonly SubtaskStateSnapshot[]): void {
    this.subtaskState.import(states.filter(({ name }) => name !== inFlightState));
    for (const { name, items } of states) {
      if (name === inFlightState) this.restored.push(...items.flatMap((item) => decodeInFlight(item, -1)));
    }
  }

  snapshotKeyGroups(request: SnapshotRequest): KeyedSnapshot {
    return this.snapshots.begin(request, this.snapshotInFlight());
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.snapshots.ended(checkpointId, completed);
    tellCheckpointEnded(this.settings.lifecycle, checkpointId, completed, this.context.transformName);
  }

  close(): Promise<void> {
    this.pool.cancelAll();
    return closeLifecycle(this.settings.lifecycle, this.context.transformName);
  }

  hasRoom(): boolean {
    return this.queue.size < this.settings.capacity;
  }

  process(batch: Batch): void {
    const { timestamps, length, keys } = batch;
    const rows = batch.rows();
    for (let i = 0; i < length; i++) {
      const group = keys === undefined ? -1 : keyGroupOf(keys.hashes[i]!, this.context.maxParallelism);
      this.accept(rows[i], timestamps[i]!, group);
    }
  }

  advanceWatermark(watermarkMs: number): boolean {
    const passes = this.nothingInFlight();
    if (!passes) this.queue.addWatermark(watermarkMs);
    this.passedMs = passes ? watermarkMs : -Infinity;
    return true;
  }

  outputWatermark(): number {
    return this.passedMs;
  }

  /** Hands on what is ready, up to the next watermark that may go on; that one must be taken before more comes out. */
  settle(ending: boolean): boolean {
    this.isWoken = false;
    if (this.releasedMs === -Infinity) {
      for (let element = this.queue.take(); element !== undefined; element = this.queue.take())
        this.handOn(element);
      this.releasedMs = this.queue.takeWatermark();
    }
    return !ending || this.nothingInFlight();
  }

  generatedWatermark(): number {
    const watermarkMs = this.releasedMs;
    this.releasedMs = -Infinity;
    return watermarkMs;
  }

  /** The records in flight in order of arrival; they are state, and are asked for again after a restore. */
  snapshotInFlight(): readonly InFlightRecord[] {
    return [...this.elements]
      .filter((element) => !element.dropped)
      .map(({ value, timestampMs, keyGroup }) => ({ value, timestampMs, keyGroup }));
  }

  /** Takes records of an earlier snapshot in, before any other input. */
  restoreInFlight(records: readonly InFlightRecord[]): void {
    for (const { value, timestampMs, keyGroup } of records) this.accept(value, timestampMs, keyGroup);
  }

  isInFlight(keyGroup: number): boolean {
    for (const element of this.elements) if (element.keyGroup === keyGroup && !element.dropped) return true;
    return false;
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    const records = this.snapshotInFlight().filter((record) => record.keyGroup === keyGroup);
    return records.length === 0 ? undefined : encodeInFlight(records);
  }

  importKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.restoreInFlight(decodeInFlight(bytes, keyGroup));
  }

  dropKeyGroup(keyGroup: number): void {
    for (const element of this.elements) {
      if (element.keyGroup !== keyGroup) continue;
      element.dropped = true;
      this.cancel(element);
      this.complete(element);
    }
  }

  /** Starts what gives the element its results; calls `complete` now or later. */
  protected abstract start(element: InFlight): void;

  /** The outcome of a dropped element is of no interest any more. */
  protected abstract cancel(element: InFlight): void;

  /** Emits the results of an element. What it throws is the failure of the record. */
  protected abstract emitResults(element: InFlight): void;

  /** The element has its results or its failure. */
  protected complete(element: InFlight): void {
    if (element.done) return;
    element.done = true;
    if (!element.queued) return;
    this.queue.completed(element);
    this.wakeTask();
  }

  /** Takes a record in. One whose results are there at once, with nothing before it, goes out at once. */
  private accept(value: unknown, timestampMs: number, keyGroup: number): void {
    const element = new InFlight(value, timestampMs, keyGroup);
    this.start(element);
    if (element.done && this.nothingInFlight()) {
      this.emitGuarded(element);
      return;
    }
    element.queued = true;
    this.elements.add(element);
    this.queue.add(element);
    if (element.done) this.wakeTask();
  }

  private nothingInFlight(): boolean {
    return this.queue.isEmpty && this.releasedMs === -Infinity;
  }

  private wakeTask(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    this.context.wake();
  }

  private handOn(element: InFlight): void {
    this.elements.delete(element);
    if (!element.dropped) this.emitGuarded(element);
  }

  /** Emits the results of one record, or leaves its failure to the policy. */
  private emitGuarded(element: InFlight): void {
    this.outputs.timestampMs = element.timestampMs;
    try {
      this.guard.begin();
      if (element.failure !== undefined) throw element.failure.error;
      this.emitResults(element);
      this.guard.commit();
    } catch (error) {
      this.guard.fail(error, element.value, element.timestampMs);
    }
  }
}
