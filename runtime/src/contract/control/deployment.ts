import * as z from 'zod';
import type { LiveSettings } from '../live-settings.ts';
import { count, name, timeMs } from './values.ts';

/**
 * A wish that may cross another one on its way carries a number that only grows; one lower than the last is refused. People who
 * ask by hand leave it out.
 */
export interface Wish {
  readonly sequence?: number | undefined;
}

export interface ParallelismRequest extends Wish {
  readonly parallelism: number;
}

/** What the job is to have of what may be changed while it runs. `name`: any text; the status says which was taken last. */
export interface ConfigureRequest extends Wish {
  readonly name: string;
  readonly settings: LiveSettings;
}

export interface Parallelism {
  readonly desired: number;
  readonly actual: number;
  readonly maximum: number;
  /** Of the last wish that was taken; null when none carried a number. */
  readonly sequence: number | null;
}

/** What the next deployment is to run. */
export interface NextDeploymentRequest extends Wish {
  readonly revision: string;
  /** The artifact of its code, by sha256; absent = the same code. */
  readonly artifact?: string | undefined;
}

export interface RevisionRequest extends Wish {
  readonly revision: string;
}

/** What can become of a state. */
export const planChangeKinds = [
  'same',
  'widened',
  'added',
  'renamed',
  'removed',
  'converted',
  'incompatible',
  'repeated',
] as const;

/** One difference between the state in the snapshot and what the next code wants of it. */
export interface PlanChange {
  readonly transform: string;
  readonly state: string | null;
  readonly change: (typeof planChangeKinds)[number];
  readonly explanation: string;
}

export interface NextDeployment {
  readonly phase:
    | 'none'
    | 'planned'
    | 'preparing'
    | 'prepared'
    | 'awaitingApproval'
    | 'activating'
    | 'held'
    | 'released'
    | 'promoted'
    | 'rolledBack'
    | 'stalled';
  readonly revision: string | null;
  readonly sinceMs: number;
  readonly compatibility: 'compatible' | 'needsApproval' | 'incompatible' | null;
  readonly changes: readonly PlanChange[];
  /** Checkpoints that the next code has completed while its output was held, and how many it must. */
  readonly heldCheckpoints: { readonly completed: number; readonly wanted: number };
  /** Why it waits, or went back. */
  readonly reason: string | null;
}

export const sequence = (): z.ZodOptional<z.ZodNumber> => count().optional();

export const parallelismSchema: z.ZodType<Parallelism> = z.object({
  desired: count(),
  actual: count(),
  maximum: count(),
  sequence: count().nullable(),
});

export const nextDeploymentSchema: z.ZodType<NextDeployment> = z.object({
  phase: z.enum([
    'none',
    'planned',
    'preparing',
    'prepared',
    'awaitingApproval',
    'activating',
    'held',
    'released',
    'promoted',
    'rolledBack',
    'stalled',
  ]),
  revision: name().nullable(),
  sinceMs: timeMs(),
  compatibility: z.enum(['compatible', 'needsApproval', 'incompatible']).nullable(),
  changes: z.array(
    z.object({
      transform: name(),
      state: name().nullable(),
      change: z.enum(planChangeKinds),
      explanation: z.string(),
    }),
  ),
  heldCheckpoints: z.object({ completed: count(), wanted: count() }),
  reason: z.string().nullable(),
});
