/**
 * What is done in a store without the job: a pod of its own is told a *request* and leaves an *answer* as its termination message. The
 * operator has no credentials of any store; that pod has those of the job.
 */
import * as z from 'zod';
import { text } from './field.ts';
import { type CheckpointStore, storeSchema } from './store.ts';

/** The variable that holds the request, as JSON. */
export const maintenanceVariable = 'MILLRACE_MAINTENANCE';

export type MaintenanceRequest = { readonly store: CheckpointStore } & (
  | {
      /** All of a job but its savepoints. */
      readonly operation: 'deleteJob';
      readonly jobUid: string;
      /** What it is called in its cluster: the name goes too. */
      readonly name?: { readonly namespace: string; readonly name: string } | undefined;
    }
  | {
      readonly operation: 'disposeSavepoint';
      /** Its folder: relative to the store, or as the coordinator has told it. */
      readonly path: string;
    }
  | {
      /** What the log of a job has superseded, or a look at all that counts. */
      readonly operation: 'collectGarbage' | 'verify';
      readonly jobUid: string;
    }
);

export interface MaintenanceAnswer {
  readonly operation: MaintenanceRequest['operation'];
  /** Objects that were removed, or read. */
  readonly objects: number;
  readonly bytes: number;
  /** What is wrong, as far as it was looked for: the first few. */
  readonly faults?: readonly string[] | undefined;
}

const jobUid = text(200);
const request = { store: storeSchema } as const;

export const maintenanceRequestSchema: z.ZodType<MaintenanceRequest, unknown> = z.discriminatedUnion(
  'operation',
  [
    z.strictObject({
      ...request,
      operation: z.literal('deleteJob'),
      jobUid,
      name: z.strictObject({ namespace: text(253), name: text(253) }).optional(),
    }),
    z.strictObject({ ...request, operation: z.literal('disposeSavepoint'), path: text(2048) }),
    z.strictObject({ ...request, operation: z.enum(['collectGarbage', 'verify']), jobUid }),
  ],
);
