/**
 * `control` is the language of the control API: what a coordinator is asked and what it answers, as types and zod schemas, without
 * I/O. `operations.ts` lists all that can be asked, `routes.ts` says how each of them travels; the server, the OpenAPI document and
 * the client come from these. Answers may gain fields; what is asked must fit to the letter.
 */
import * as z from 'zod';
import { count, durationMs, name, timeMs } from './values.ts';

export const jobStates = [
  'created',
  'deploying',
  'running',
  'restarting',
  'stopping',
  'suspended',
  'handedOver',
  'replaced',
  'finished',
  'stopped',
  'cancelled',
  'failed',
] as const;

/**
 * What a coordinator is to its job: it *leads* (or will, when it is started), *stands by* to take over from another deployment, or has
 * *handed over* and looks whether the other one stays.
 */
export const coordinatorRoles = ['leading', 'standby', 'handedOver'] as const;

/** A switch-over that is over: how long records stood still, and how long committed output did. */
export interface PauseReport {
  readonly atMs: number;
  readonly pauseMs: number;
  /** null without two-phase sinks. */
  readonly committedPauseMs: number | null;
  /** What it was from and to: a parallelism, or a revision. */
  readonly from: string;
  readonly to: string;
  readonly outcome: 'done' | 'rolledBack' | 'stalled';
  /** Why it came to nothing; null when it did not. */
  readonly reason: string | null;
}

export interface JobStatus {
  readonly name: string;
  /** The identity of the job in the store; null before it has one. */
  readonly uid: string | null;
  readonly state: (typeof jobStates)[number];
  readonly role: (typeof coordinatorRoles)[number];
  /** What the log knows this deployment by; null without a store. */
  readonly deployment: string | null;
  /** Since when it is in this state. */
  readonly sinceMs: number;
  /** Incarnation of the data plane, and of the coordinator; 0 = none yet. */
  readonly attempt: number;
  readonly term: number;
  /** Of the code that runs. */
  readonly revision: string | null;
  readonly runtimeVersion: string;
  readonly restarts: number;
  readonly parallelism: { readonly desired: number; readonly actual: number; readonly maximum: number };
  /** The settings that `configure` has given it last, by their name; null = those of its manifest. */
  readonly settings: string | null;
  readonly lastRescale: PauseReport | null;
  readonly lastUpgrade: PauseReport | null;
  /** The newest complete checkpoint. */
  readonly lastCheckpoint: { readonly id: number; readonly completedMs: number } | null;
  /** What it has gone back to last because somebody wished it; null or absent = nothing. */
  readonly restored?: { readonly id: string; readonly from: string } | null | undefined;
  /** One sentence about what is wrong; null while nothing is. */
  readonly trouble: string | null;
}

const pauseReportSchema: z.ZodType<PauseReport> = z.object({
  atMs: timeMs(),
  pauseMs: durationMs(),
  committedPauseMs: durationMs().nullable(),
  from: z.string(),
  to: z.string(),
  outcome: z.enum(['done', 'rolledBack', 'stalled']),
  reason: z.string().nullable(),
});

export const jobStatusSchema: z.ZodType<JobStatus> = z.object({
  name: name(),
  uid: name().nullable(),
  state: z.enum(jobStates),
  role: z.enum(coordinatorRoles),
  deployment: name().nullable(),
  sinceMs: timeMs(),
  attempt: count(),
  term: count(),
  revision: name().nullable(),
  runtimeVersion: z.string(),
  restarts: count(),
  parallelism: z.object({ desired: count(), actual: count(), maximum: count() }),
  settings: name().nullable(),
  lastRescale: pauseReportSchema.nullable(),
  lastUpgrade: pauseReportSchema.nullable(),
  lastCheckpoint: z.object({ id: count(), completedMs: timeMs() }).nullable(),
  restored: z.object({ id: z.string(), from: z.string() }).nullable().optional(),
  trouble: z.string().nullable(),
});
