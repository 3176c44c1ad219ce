/**
 * `worker` is a worker's main thread: it hosts slots. A *slot handle* is how the rest of the runtime holds a slot, whether it
 * runs on this thread or in one of its own; what it tells back comes through `SlotReports`.
 */
import type { SlotRestore } from '../checkpoint/slot-snapshot.ts';
import type { KeyGroupUnit } from '../checkpoint/snapshot-unit.ts';
import type { Barrier } from '../exchange/element.ts';
import type { MovedState } from '../task/key-group-moves.ts';
import type { SnapshotOutput } from '../task/slot-snapshots.ts';
import type { SubtaskStatistics } from '../task/statistics.ts';
import type { MetricSnapshot } from '../telemetry/metrics.ts';

/** The counters of one subtask, with its place. */
export interface SubtaskReport extends SubtaskStatistics {
  readonly task: number;
  readonly name: string;
  readonly slot: number;
  /** Records handed to other tasks, or to the sink where the task ends in one. */
  readonly recordsOut: number;
  /** Records that came after their window was gone. */
  readonly lateRecords: number;
}

export interface SlotHandle {
  /** Resolves when the slot has the job and agrees on its graph; rejects when it never will. */
  readonly ready: Promise<void>;
  /**
   * Opens the functions; with what they had before a restart, but for their key groups. Settles also when that fails: then
   * `onFailed` was told.
   */
  open(restore?: SlotRestore): Promise<void>;
  /** Takes in pieces of key groups of this slot, in order, between `open` and `start`. Settles like `open`. */
  load(units: readonly KeyGroupUnit[]): Promise<void>;
  /** Opens the functions where that is not done, and begins to read. */
  start(): void;
  addSplit(task: number, split: unknown): void;
  noMoreSplits(task: number): void;
  /** Puts a barrier behind what the slot's sources have read so far. */
  inject(barrier: Barrier): void;
  /** State of a key group that moves to this slot. */
  acceptState(state: MovedState): void;
  /** Ends sources after the records in hand; `onFinished(false)` follows. */
  stop(): void;
  /** A checkpoint is in the log, or never will be. */
  checkpointEnded(checkpointId: number, completed: boolean): void;
  /** Whoever takes its snapshots has room for more units. */
  snapshotsHaveRoom(): void;
  /** Ends a slot that has told `onEnded`: what it wrote last is in a checkpoint. `onFinished` follows. */
  release(): void;
  /** Ends at once; resolves when user functions are closed, rejects when they could not be. */
  cancel(): Promise<void>;
  /** The newest counters; a slot on another thread answers with the last it has sent. */
  report(): readonly SubtaskReport[];
  /** The newest metrics, the job's own among them, grouped by transform. */
  metrics(): MetricSnapshot;
}

export interface SlotReports {
  requestSplit(task: number): void;
  sendState(toSlot: number, state: MovedState): void;
  /** Where its snapshots go; absent = none are taken. */
  readonly snapshots?: SnapshotOutput | undefined;
  /** Every subtask has ended, and what was written last waits for a checkpoint; absent = the slot ends by itself. */
  readonly onEnded?: ((drained: boolean) => void) | undefined;
  onFinished(drained: boolean): void;
  /** May come after `ready` was rejected with the same error. */
  onFailed(error: unknown): void;
}
