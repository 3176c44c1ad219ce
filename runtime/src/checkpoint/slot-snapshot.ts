import type { StateDescription } from '../state/state-description.ts';
import type { InFlightUnit, SubtaskUnit } from './snapshot-unit.ts';

/** Where one subtask of a source was. All values are plain: they go into the manifest. */
export interface SourcePosition {
  /** Of the source. */
  readonly uid: string;
  /** The splits in hand, each with its position. */
  readonly splits: readonly unknown[];
  /** The watermark of each split by its id, −Infinity before the first. */
  readonly watermarks: readonly SplitWatermark[];
}

export interface SplitWatermark {
  readonly splitId: string;
  readonly watermarkMs: number;
}

/** How far event time was in one subtask: without it, records that were late before a restart would not be late after it. */
export interface TaskWatermark {
  /** Of the first transform of the task. */
  readonly uid: string;
  /** The last that each processor of the chain was told. */
  readonly links: readonly LinkWatermark[];
  /** The last that the subtask told others, −Infinity before the first. */
  readonly outputMs: number;
}

export interface LinkWatermark {
  /** Of the processor's first transform. */
  readonly uid: string;
  readonly watermarkMs: number;
}

/** What a two-phase sink of one subtask has sealed for a checkpoint, and for those before it that came to nothing. */
export interface PreparedSink {
  readonly uid: string;
  readonly committables: readonly unknown[];
}

/** How a checkpoint went in one subtask. */
export interface SubtaskCheckpoint {
  readonly task: number;
  /** From the trigger to the first barrier, and from the first to the last. */
  readonly startDelayMs: number;
  readonly alignmentMs: number;
  /** In which the subtask did nothing else, and until all was encoded and prepared. */
  readonly syncMs: number;
  readonly asyncMs: number;
  readonly stateBytes: number;
  /** Whether the barrier has overtaken records, and what these took in the snapshot. */
  readonly isUnaligned: boolean;
  readonly inFlightBytes: number;
}

/** What a state of a transform looks like: see `StateDescription`. */
export interface DescribedState extends StateDescription {
  readonly uid: string;
}

/** What one slot says of a checkpoint when all its units are written; a plain value. */
export interface SlotSnapshot {
  readonly checkpointId: number;
  readonly slot: number;
  readonly sources: readonly SourcePosition[];
  readonly watermarks: readonly TaskWatermark[];
  readonly sinks: readonly PreparedSink[];
  readonly subtasks: readonly SubtaskCheckpoint[];
  readonly states: readonly DescribedState[];
  /** The key groups that the slot has of each transform: what older checkpoints hold of others is nothing to it. */
  readonly keyed: readonly { readonly uid: string; readonly keyGroups: readonly number[] }[];
  /** The edges of which it has something that was in flight: see `edgeNames`. */
  readonly inFlight: readonly string[];
}

/** What one slot begins with, beside the pieces of its key groups. */
export interface SlotRestore {
  readonly checkpointId: number;
  readonly sources: readonly SourcePosition[];
  readonly watermarks: readonly TaskWatermark[];
  readonly subtaskState: readonly SubtaskUnit[];
  /** In the order in which it came on each channel. */
  readonly inFlight: readonly InFlightUnit[];
  /** Whether what was in flight goes through the partitioners of its edges again, since channels lead elsewhere now. */
  readonly isRerouted: boolean;
}
