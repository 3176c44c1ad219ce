/**
 * `worker` is a worker's main thread: it hosts slots. A *slot handle* is how the rest of the runtime holds a slot, whether it
 * runs on this thread or in one of its own; what it tells back comes through `SlotReports`.
 */
import type { StoredCheckpoint } from '../checkpoint/restore.ts';
import type { SlotRestore } from '../checkpoint/slot-snapshot.ts';
import type { KeyGroupUnit } from '../checkpoint/snapshot-unit.ts';
import type { Barrier } from '../exchange/element.ts';
import type { MovedState } from '../task/key-group-moves.ts';
import type { SlotQuestion } from '../task/slot-questions.ts';
import type { SubtaskFlow, SubtaskStatistics } from '../task/statistics.ts';
import type { MetricSnapshot } from '../telemetry/metrics.ts';
import type { SlotAck } from './snapshot-upload.ts';

/** The counters of one subtask, with its place. */
export interface SubtaskReport extends SubtaskStatistics {
  readonly task: number;
  readonly name: string;
  readonly slot: number;
  /** Records handed to other tasks, or to the sink where the task ends in one. */
  readonly recordsOut: number;
  /** Records that came after their window was gone. */
  readonly lateRecords: number;
  /** Absent = not known. */
  readonly flow?: SubtaskFlow | undefined;
}

/** What every holder of a slot may tell it. */
interface SlotCommands {
  /** Resolves when the slot has the job and agrees on its graph; rejects when it never will. */
  readonly ready: Promise<void>;
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
  /** The same as if their input were complete: the last watermark comes, and `onFinished(true)`. */
  drain(): void;
  /** A checkpoint is in the log, or never will be. */
  checkpointEnded(checkpointId: number, completed: boolean): void;
  /** Ends a slot that has told `onEnded`: what it wrote last is in a checkpoint. `onFinished` follows. */
  release(): void;
  /** Ends at once; resolves when user functions are closed, rejects when they could not be. */
  cancel(): Promise<void>;
  /** The newest counters; a slot on another thread answers with the last it has sent. */
  report(): readonly SubtaskReport[];
  /** The newest metrics, the job's own among them, grouped by transform. */
  metrics(): MetricSnapshot;
  /** Asks what runs; the slot answers between two batches. Rejects when it refuses, or ends before. */
  ask(question: SlotQuestion): Promise<Uint8Array>;
}

/** What a slot goes on from after a restart; a plain value. */
export interface SlotBeginning {
  readonly restore: Omit<SlotRestore, 'subtaskState' | 'inFlight'>;
  readonly checkpoint: StoredCheckpoint;
  /** Slot by key group. */
  readonly slotOf: Uint16Array;
  /** Subtasks of each transform at the checkpoint and now, by uid. */
  readonly parallelism: ReadonlyMap<string, { readonly before: number; readonly now: number }>;
}

/** A slot that finds its state by itself, as the coordinator holds it. */
export interface SlotHandle extends SlotCommands {
  /**
   * Takes in the keyed state of a checkpoint ahead of `open`, which then needs only what has changed behind it. May be called again with
   * later checkpoints. No code of the job is called. Settles like `open`.
   */
  preload(beginning: SlotBeginning): Promise<void>;
  /** Opens the functions, and takes in all they had. Settles also when that fails: then `onFailed` was told. */
  open(beginning?: SlotBeginning): Promise<void>;
}

/** A slot that is given its state, and gives it. */
export interface BareSlot extends SlotCommands {
  /** Opens the functions, with all they had but their key groups. Settles like `SlotHandle.open`. */
  open(restore?: SlotRestore): Promise<void>;
  /** Takes in pieces of key groups of this slot, in order, before `start`. */
  load(units: readonly KeyGroupUnit[]): Promise<void>;
  /** Whoever takes its snapshots has room for more units. */
  snapshotsHaveRoom(): void;
}

export interface SlotReports {
  requestSplit(task: number): void;
  sendState(toSlot: number, state: MovedState): void;
  /** Every subtask has ended, and what was written last waits for a checkpoint; absent = the slot ends by itself. */
  readonly onEnded?: ((drained: boolean) => void) | undefined;
  /** Its share of a checkpoint is in the store. */
  onAck?(ack: SlotAck): void;
  /** Its share cannot be stored; the slot goes on. */
  onRefused?(checkpointId: number, error: unknown): void;
  onFinished(drained: boolean): void;
  /** May come after `ready` was rejected with the same error. */
  onFailed(error: unknown): void;
}
