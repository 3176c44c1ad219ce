import type { Lifecycle } from '../api/functions.ts';
import type { Batch } from '../batch/batch.ts';
import type { StateDescription } from '../state/state-description.ts';
import { SubtaskState, type SubtaskStateSnapshot } from '../state/subtask-state.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { RecordContext } from './record-context.ts';
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
 * Calls a user function without keys for each record of a batch. A record that fails is undone and left to the policy, and
 * the loop goes on behind it; nothing is allocated for a record.
 */
export abstract class RecordProcessor implements Processor {
  protected readonly context: ProcessorContext;
  /** State without a key, of the user's function. */
  readonly subtaskState: SubtaskState = new SubtaskState();
  protected readonly outputs: RecordOutputs;
  protected readonly record: RecordContext;
  private readonly guard: RecordGuard;
  private readonly lifecycle: Lifecycle;
  /** The user's method for each port, for messages. */
  private readonly methods: readonly string[];

  constructor(context: ProcessorContext, lifecycle: Lifecycle, methods: readonly string[]) {
    this.context = context;
    this.lifecycle = lifecycle;
    this.methods = methods;
    this.outputs = new RecordOutputs(context);
    this.record = new RecordContext(this.outputs);
    this.guard = new RecordGuard(context.failures, this.outputs, [this.subtaskState]);
  }

  open(): Promise<void> {
    return openLifecycle(this.lifecycle, createRuntimeContext(this.context, { subtask: this.subtaskState }));
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
    tellCheckpointEnded(this.lifecycle, checkpointId, completed, this.context.transformName);
  }

  process(batch: Batch, port: number): void {
    this.record.processingTimeMs = this.context.nowMs();
    let from = 0;
    while (from < batch.length) from = this.run(batch, port, from);
  }

  advanceWatermark(watermarkMs: number): boolean {
    this.record.watermarkMs = watermarkMs;
    return true;
  }

  describeState(): readonly StateDescription[] {
    return this.subtaskState.describe();
  }

  /** Calls the user's function for one record of a port and gives what it returned. */
  protected abstract call(value: unknown, port: number): unknown;

  /** @throws MillraceError user-code when what a user's method returned is a promise. */
  protected refusePromise(returned: unknown, port: number): void {
    refusePromise(returned, this.context.transformName, this.methods[port] ?? 'process');
  }

  /** Goes on from a record and returns where to go on: behind the one that failed, or the end. */
  private run(batch: Batch, port: number, from: number): number {
    const { outputs, guard } = this;
    const { timestamps, length } = batch;
    const rows = batch.rows();
    let i = from;
    try {
      for (; i < length; i++) {
        outputs.timestampMs = timestamps[i]!;
        guard.begin();
        const returned = this.call(rows[i], port);
        if (returned !== undefined) this.refusePromise(returned, port);
        guard.commit();
      }
      return length;
    } catch (error) {
      guard.fail(error, rows[i], timestamps[i]!);
      return i + 1;
    }
  }
}
