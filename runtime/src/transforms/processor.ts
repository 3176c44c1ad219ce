/**
 * `transforms` holds the running form of each transform: a *processor*, one instance a subtask. A processor takes whole
 * batches, keeps state in `state`, and emits through an `Emitter`. It never reads a clock, waits, or sees a channel; the
 * task loop (`task/`) calls it and decides when. Work that may be long (firing timers, flushing windows) is done in slices:
 * the call returns false when its budget is used up and is repeated until it returns true.
 */
import type { Batch } from '../batch/batch.ts';
import type { KeyedSnapshot, SnapshotRequest } from '../checkpoint/snapshot-unit.ts';
import type { DiskSpace } from '../state/disk-space.ts';
import type { MemoryAccount } from '../state/memory-account.ts';
import type { PeekedState } from '../state/peek.ts';
import type { StateDescription } from '../state/state-description.ts';
import type { SubtaskStateSnapshot } from '../state/subtask-state.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { MetricGroup } from '../telemetry/metrics.ts';

/** Permission to go on: asked between units of work (a timer, a key, a record out). */
export interface Budget {
  /** Counts one unit; false = stop here, return false, and be called again. Cheap. */
  take(): boolean;
}

/** Where a processor's results go: the next processor of the chain, or an edge. */
export interface Emitter {
  /** Appends to the batch being built. `timestampMs` NaN = none. */
  emit(value: unknown, timestampMs: number): void;
  /** Hands on a finished batch, after what was emitted before. */
  emitBatch(batch: Batch): void;
  /** Number of records appended since the last hand-over, and undoing back to such a number: a failing record leaves nothing. */
  mark(): number;
  rollback(mark: number): void;
}

/** What happens to a record whose processing throws. Decides by the job's policy: returns to go on without it, or throws. */
export interface FailureHandler {
  /** True when the policy is not `fail`: processors then keep what they need to undo a record's state writes. */
  readonly recoverable: boolean;
  handle(error: unknown, record: unknown, timestampMs: number): void;
}

export interface ProcessorContext {
  readonly system: System;
  readonly logger: Logger;
  readonly metrics: MetricGroup;
  readonly jobName: string;
  readonly transformName: string;
  /** Names this transform's state; unique in the job. */
  readonly uid: string;
  /** Names this transform in places that other jobs use too. */
  readonly owner: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly attempt: number;
  /** Whether checkpoints are taken, a last one at the end of the input included: two-phase sinks show nothing by themselves then. */
  readonly checkpoints: boolean;
  readonly args: Readonly<Record<string, string>>;
  readonly baseDirectory: string;
  readonly output: Emitter;
  /** The emitter of a side output; one that drops when nobody reads it. */
  side(tag: string): Emitter;
  readonly failures: FailureHandler;
  /** Counts the typed arrays of the transform's state: what grows with the input grows through it. */
  readonly memory: MemoryAccount;
  /** Where state goes that memory has no room for; absent = memory has to do. */
  readonly disk?: DiskSpace | undefined;
  /** The processing clock as read for this batch or slice, in ms since the epoch. */
  nowMs(): number;
  /** Asks the task to call again: asynchronous results came in, or a sink has room. */
  wake(): void;
  /** Fails the job from outside a call. */
  fail(error: unknown): void;
}

export interface Processor {
  /** Before the first batch; calls the `open` of the user's functions. */
  open?(): void | Promise<void>;
  /** False = give no input now (capacity of asynchronous calls, a full sink); the processor wakes the task when that changes. */
  hasRoom?(): boolean;
  process(batch: Batch, port: number): void;
  /** Event time moved to `watermarkMs`; fire what is due. Called again with the same value until true. */
  advanceWatermark?(watermarkMs: number, budget: Budget): boolean;
  /** The watermark to hand on for the one just taken; −Infinity = none. Absent = the same. */
  outputWatermark?(watermarkMs: number): number;
  /**
   * Before the first batch, and after its state: event time goes on from here. Nothing fires, not even a timer that was registered for a time
   * that had passed, since the next watermark would have fired it. Absent = `advanceWatermark`, which finds nothing to fire.
   */
  restoreWatermark?(watermarkMs: number): void;
  /** Before the first batch: the last watermark that this processor gave before a restart. Only of those that make their own. */
  restoreOutputWatermark?(watermarkMs: number): void;
  /** A watermark that this processor makes by itself, after the batch, clock or `settle` it has just seen. Taken by the call. */
  generatedWatermark?(): number;
  /** The clock moved; fire what is due. `nextTimeMs` says when to call, Infinity = never. */
  advanceTime?(nowMs: number, budget: Budget): boolean;
  nextTimeMs?(): number;
  /**
   * Between batches: hand on what asynchronous work has finished. Whoever keeps records in flight also keeps the watermarks
   * between them, and gives them back by `generatedWatermark`; so only the end of the input waits: with `ending`, false while
   * anything is in flight.
   */
  settle?(ending: boolean): boolean;
  /** All inputs ended and the watermark is at +∞: pending processing-time timers, last results. Repeated until true. */
  finish?(budget: Budget): boolean;
  /** The input ends without a last watermark: what is held back of its records goes on. Repeated until true. */
  stop?(budget: Budget): boolean;
  /** Sinks, at the end of the input: makes what was written visible, unless a checkpoint does that. */
  flush?(): void | Promise<void>;
  /** A barrier is about to go on: hand on what is held back, so that it stands before the barrier. */
  prepareBarrier?(): void;
  /**
   * Whether a watermark would fire something of a key group for which the order of records around it counts, a timer say. Absent
   * = the results follow from the timestamps of the records alone.
   */
  hasDue?(keyGroup: number, watermarkMs: number): boolean;
  /**
   * Whether records of this key group are in flight. A key group leaves a running slot only without them: its next owner may
   * have let the watermarks through that wait behind them here.
   */
  isInFlight?(keyGroup: number): boolean;
  /** Keyed state of one key group, for moving it to another slot or into a snapshot. `undefined` = nothing there. */
  exportKeyGroup?(keyGroup: number): Uint8Array | undefined;
  importKeyGroup?(keyGroup: number, bytes: Uint8Array): void;
  dropKeyGroup?(keyGroup: number): void;
  /**
   * At a barrier, behind `prepareBarrier`: freezes the keyed state, without copying or encoding it. Absent = `exportKeyGroup` is
   * called for each key group at the barrier.
   */
  snapshotKeyGroups?(request: SnapshotRequest): KeyedSnapshot;
  /** Takes a piece of a key group that came behind its first one: keys that it does not name keep what they have. */
  applyKeyGroup?(keyGroup: number, bytes: Uint8Array): void;
  /** After `open`: what the states that the user's functions asked for look like. */
  describeState?(): readonly StateDescription[];
  /** Between two batches: what a key has in one of these states; changes nothing. Undefined = there is no state of this name. */
  peekState?(stateName: string, key: unknown, hash: number, nowMs: number): PeekedState | undefined;
  /** State of this subtask that belongs to no key, at a barrier. */
  exportSubtaskState?(): readonly SubtaskStateSnapshot[];
  /** Before the first batch and after `open`: what this subtask gets of the state that all of them had. */
  importSubtaskState?(states: readonly SubtaskStateSnapshot[]): void;
  /**
   * Sinks, at a barrier: a two-phase sink seals what was written so far and opens the next transaction, before the call returns. Resolves
   * with committables, plain values, when what was sealed is durable but not visible: its own and those of earlier checkpoints of
   * which `checkpointEnded` has not said that they are complete. Another sink resolves with none, when all that was written before is
   * durable. Records go on meanwhile. A rejection is the end of the attempt: what was to be sealed is gone.
   */
  prepare?(checkpointId: number): Promise<readonly unknown[]>;
  /** The checkpoint is in the log, or never will be: calls the user's functions, and lets what was kept for it go. */
  checkpointEnded?(checkpointId: number, completed: boolean): void;
  /** Once, also after a failure; calls the `close` of the user's functions. */
  close?(): void | Promise<void>;
}
