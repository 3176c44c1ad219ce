import * as z from 'zod';
import { sequence, type Wish } from './deployment.ts';
import { count, name, timeMs } from './values.ts';

/** To which deployment the job is to go. */
export interface HandOverRequest extends Wish {
  readonly to: string;
}

/**
 * How far a hand-over is, as the deployment knows that gives the job away: it is *waiting* until the other one is prepared, is *cutting*
 * until the log says that the job was *handedOver*, and then looks on until the other one is *promoted*, or the job is back (*rolledBack*).
 */
export interface HandOver {
  readonly phase: 'none' | 'waiting' | 'cutting' | 'handedOver' | 'promoted' | 'rolledBack';
  readonly to: string | null;
  readonly sinceMs: number;
  /** The checkpoint from which the other one goes on. */
  readonly cut: number | null;
  /** Why the job was not given away, or came back. */
  readonly reason: string | null;
  /** Of the last wish that was taken; null when none carried a number. */
  readonly sequence: number | null;
}

export const handOverRequestSchema: z.ZodType<HandOverRequest, object> = z.strictObject({
  to: z.string().min(1).max(253),
  sequence: sequence(),
});

export const handOverSchema: z.ZodType<HandOver> = z.object({
  phase: z.enum(['none', 'waiting', 'cutting', 'handedOver', 'promoted', 'rolledBack']),
  to: name().nullable(),
  sinceMs: timeMs(),
  cut: count().nullable(),
  reason: z.string().nullable(),
  sequence: count().nullable(),
});
