import * as z from 'zod';
import { bytes, count, durationMs, name, timeMs } from './values.ts';

/** Checkpoints that have ended and are still told about. */
export const checkpointHistory = 50;

/** What one checkpoint cost one subtask. */
export interface SubtaskCheckpoint {
  readonly slot: number;
  /** From the trigger until the first barrier reached the subtask. */
  readonly startDelayMs: number;
  /** From the first barrier to the last. */
  readonly alignmentMs: number;
  /** While the subtask stood still for it, and after that until the state was in the store. */
  readonly syncMs: number;
  readonly asyncMs: number;
  readonly bytes: number;
  /** Records in flight that were taken into an unaligned checkpoint. */
  readonly inFlightBytes: number;
}

export interface CheckpointStatus {
  readonly id: number;
  readonly kind: 'checkpoint' | 'savepoint' | 'cut';
  readonly state: 'inProgress' | 'completed' | 'failed';
  readonly attempt: number;
  readonly startedMs: number;
  /** null while in progress. */
  readonly endedMs: number | null;
  readonly unaligned: boolean;
  /** What this checkpoint has written, and what it stands on altogether. */
  readonly bytes: number;
  readonly fullBytes: number;
  readonly subtasks: number;
  readonly acknowledged: number;
  /** Why it failed. */
  readonly failure: string | null;
  /** The key of the manifest, once there is one. */
  readonly manifest: string | null;
}

export interface TaskCheckpoint {
  readonly task: number;
  readonly name: string;
  readonly subtasks: readonly SubtaskCheckpoint[];
}

export interface CheckpointDetail extends CheckpointStatus {
  readonly tasks: readonly TaskCheckpoint[];
}

/** Over the completed checkpoints of the history. */
export interface Distribution {
  readonly minimum: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly maximum: number;
}

export interface CheckpointList {
  readonly counts: {
    readonly triggered: number;
    readonly completed: number;
    readonly failed: number;
    readonly restored: number;
  };
  /** null before the first has completed. */
  readonly summary: { readonly durationMs: Distribution; readonly bytes: Distribution } | null;
  readonly restored: { readonly id: number; readonly atMs: number } | null;
  readonly inProgress: readonly CheckpointStatus[];
  /** Newest first. */
  readonly history: readonly CheckpointStatus[];
}

const status = {
  id: count(),
  kind: z.enum(['checkpoint', 'savepoint', 'cut']),
  state: z.enum(['inProgress', 'completed', 'failed']),
  attempt: count(),
  startedMs: timeMs(),
  endedMs: timeMs().nullable(),
  unaligned: z.boolean(),
  bytes: bytes(),
  fullBytes: bytes(),
  subtasks: count(),
  acknowledged: count(),
  failure: z.string().nullable(),
  manifest: name().nullable(),
};

const subtask = z.object({
  slot: count(),
  startDelayMs: durationMs(),
  alignmentMs: durationMs(),
  syncMs: durationMs(),
  asyncMs: durationMs(),
  bytes: bytes(),
  inFlightBytes: bytes(),
});

const distribution = z.object({
  minimum: z.number(),
  mean: z.number(),
  p50: z.number(),
  p99: z.number(),
  maximum: z.number(),
});

export const checkpointStatusSchema: z.ZodType<CheckpointStatus> = z.object(status);

export const checkpointDetailSchema: z.ZodType<CheckpointDetail> = z.object({
  ...status,
  tasks: z.array(z.object({ task: count(), name: name(), subtasks: z.array(subtask) })),
});

export const checkpointListSchema: z.ZodType<CheckpointList> = z.object({
  counts: z.object({ triggered: count(), completed: count(), failed: count(), restored: count() }),
  summary: z.object({ durationMs: distribution, bytes: distribution }).nullable(),
  restored: z.object({ id: count(), atMs: timeMs() }).nullable(),
  inProgress: z.array(z.object(status)),
  history: z.array(z.object(status)).max(checkpointHistory),
});
