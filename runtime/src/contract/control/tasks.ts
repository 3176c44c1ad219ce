import * as z from 'zod';
import { count, durationMs, name, share, timeMs } from './values.ts';

/** What one subtask of a task has done. */
export interface SubtaskMetrics {
  readonly slot: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly deadLetters: number;
  readonly lateRecords: number;
  /** Event time up to which all is seen; null before the first watermark. At the end of bounded input it stays the last time seen. */
  readonly watermarkMs: number | null;
  /** Time in work, and in waiting for room at the next task, since the attempt began. */
  readonly busyMs: number;
  readonly blockedMs: number;
}

/** All subtasks of a task as one: sums, and the lowest watermark. Shares are of the time since the attempt began. */
export interface TaskStatus {
  readonly task: number;
  readonly name: string;
  readonly parallelism: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly deadLetters: number;
  readonly lateRecords: number;
  readonly watermarkMs: number | null;
  readonly busyShare: number;
  readonly blockedShare: number;
}

export interface TransformMetrics {
  readonly name: string;
  readonly uid: string | null;
  readonly kind: string;
  /** Counters and gauges by name, those of user functions among them; of a histogram count and quantiles. null = not known now. */
  readonly metrics: Readonly<Record<string, number | null>>;
}

export interface TaskDetail extends TaskStatus {
  readonly transforms: readonly TransformMetrics[];
  readonly subtasks: readonly SubtaskMetrics[];
}

export interface TaskList {
  readonly tasks: readonly TaskStatus[];
}

/** The physical graph, as `millrace graph -o json` prints it. */
export interface JobGraph {
  readonly slots: number;
  readonly maxParallelism: number;
  readonly hash: string;
  readonly tasks: readonly {
    readonly index: number;
    readonly parallelism: number;
    readonly transforms: readonly Readonly<Record<string, unknown>>[];
    readonly outputs: readonly Readonly<Record<string, unknown>>[];
  }[];
}

const counters = {
  recordsIn: count(),
  recordsOut: count(),
  deadLetters: count(),
  lateRecords: count(),
  watermarkMs: timeMs().nullable(),
};

const taskStatus = {
  task: count(),
  name: name(),
  parallelism: count(),
  ...counters,
  busyShare: share(),
  blockedShare: share(),
};

export const taskListSchema: z.ZodType<TaskList> = z.object({ tasks: z.array(z.object(taskStatus)) });

export const taskDetailSchema: z.ZodType<TaskDetail> = z.object({
  ...taskStatus,
  transforms: z.array(
    z.object({
      name: name(),
      uid: name().nullable(),
      kind: name(),
      metrics: z.record(z.string(), z.number().nullable()),
    }),
  ),
  subtasks: z.array(z.object({ slot: count(), ...counters, busyMs: durationMs(), blockedMs: durationMs() })),
});

export const jobGraphSchema: z.ZodType<JobGraph> = z.object({
  slots: count(),
  maxParallelism: count(),
  hash: name(),
  tasks: z.array(
    z.object({
      index: count(),
      parallelism: count(),
      transforms: z.array(z.record(z.string(), z.unknown())),
      outputs: z.array(z.record(z.string(), z.unknown())),
    }),
  ),
});
