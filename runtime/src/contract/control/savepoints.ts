import * as z from 'zod';
import { bytes, count, timeMs } from './values.ts';

/** The name of a savepoint: it becomes a part of keys in the store. */
export const savepointName = (): z.ZodString =>
  z
    .string()
    .max(63)
    .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/, 'expected lower-case letters, digits and -');

export interface SavepointRequest {
  /** Absent = one is made. */
  readonly name?: string | undefined;
}

export interface SavepointStatus {
  readonly name: string;
  readonly state: 'inProgress' | 'completed' | 'failed';
  readonly checkpointId: number | null;
  readonly startedMs: number;
  readonly completedMs: number | null;
  readonly bytes: number;
  /** 0 to 1, of the subtasks whose state is in the store. */
  readonly progress: number;
  /** Where it lies, once it is complete. */
  readonly location: string | null;
  readonly failure: string | null;
}

export interface SavepointList {
  readonly savepoints: readonly SavepointStatus[];
}

export const savepointStatusSchema: z.ZodType<SavepointStatus> = z.object({
  name: savepointName(),
  state: z.enum(['inProgress', 'completed', 'failed']),
  checkpointId: count().nullable(),
  startedMs: timeMs(),
  completedMs: timeMs().nullable(),
  bytes: bytes(),
  progress: z.number().min(0).max(1),
  location: z.string().nullable(),
  failure: z.string().nullable(),
});

export const savepointListSchema: z.ZodType<SavepointList> = z.object({
  savepoints: z.array(savepointStatusSchema),
});
