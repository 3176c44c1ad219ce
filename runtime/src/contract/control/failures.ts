import * as z from 'zod';
import { count, name, timeMs } from './values.ts';

/** Failures that are still told about. */
export const failureHistory = 32;

/** An error and what it came from, outermost first. */
export interface CauseLink {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly hint: string | null;
  readonly where: Readonly<Record<string, string | number>>;
}

export interface JobFailure {
  readonly atMs: number;
  readonly attempt: number;
  /** Where it happened, as far as that is known. */
  readonly task: string | null;
  readonly slot: number | null;
  readonly causes: readonly CauseLink[];
  /** What became of it. */
  readonly outcome: 'restarted' | 'failed' | 'tolerated';
}

export interface FailureList {
  /** Newest first. */
  readonly failures: readonly JobFailure[];
  /** How many there were altogether. */
  readonly total: number;
}

export const jobFailureSchema: z.ZodType<JobFailure> = z.object({
  atMs: timeMs(),
  attempt: count(),
  task: name().nullable(),
  slot: count().nullable(),
  causes: z.array(
    z.object({
      name: z.string(),
      message: z.string(),
      code: z.string().nullable(),
      hint: z.string().nullable(),
      where: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ),
  outcome: z.enum(['restarted', 'failed', 'tolerated']),
});

export const failureListSchema: z.ZodType<FailureList> = z.object({
  failures: z.array(jobFailureSchema).max(failureHistory),
  total: count(),
});
