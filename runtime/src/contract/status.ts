import * as z from 'zod';
import { type PlanChange, planChangeKinds } from './control/deployment.ts';
import {
  type Condition,
  conditionsSchema,
  longestMessage,
  statusAmount,
  statusCount,
  statusText,
  statusTime,
  told,
} from './told.ts';

export const jobPhases = [
  'Pending',
  'Starting',
  'Running',
  'Restarting',
  'Rescaling',
  'Upgrading',
  'RollingBack',
  'Suspending',
  'Suspended',
  'Finished',
  'Failed',
  'Deleting',
] as const;

/** A change of the running job that is over. */
export interface FinishedChange {
  /** A revision, or a parallelism. */
  readonly from: string;
  readonly to: string;
  readonly time: string;
  /** How long records stood still. */
  readonly pauseMs: number;
  /** How long committed output did; absent without two-phase sinks. */
  readonly committedPauseMs?: number | undefined;
  readonly outcome: 'Done' | 'RolledBack' | 'Stalled';
  readonly reason?: string | undefined;
}

/** What the state of the running revision means for the next one. */
export interface ChangePlan {
  readonly revision: string;
  readonly result: 'Compatible' | 'NeedsApproval' | 'Incompatible';
  readonly changes: readonly {
    readonly transform: string;
    readonly state?: string | undefined;
    readonly change: PlanChange['change'];
    readonly explanation: string;
  }[];
}

/** What the operator tells about a job. Everything in it can be found out again from the cluster and the store. */
export interface StreamJobStatus {
  readonly observedGeneration?: number | undefined;
  readonly phase?: (typeof jobPhases)[number] | undefined;
  readonly conditions?: readonly Condition[] | undefined;
  readonly replicas?: number | undefined;
  readonly selector?: string | undefined;
  readonly workersReady?: string | undefined;
  readonly revision?:
    | {
        readonly current?: string | undefined;
        readonly next?: string | undefined;
        readonly rejected?: string | undefined;
      }
    | undefined;
  readonly sequence?: number | undefined;
  readonly attempt?: number | undefined;
  readonly term?: number | undefined;
  readonly checkpoint?:
    | { readonly id: number; readonly time: string; readonly savedBytes?: number | undefined }
    | undefined;
  readonly plan?: ChangePlan | undefined;
  readonly lastUpgrade?: FinishedChange | undefined;
  readonly lastRescale?: FinishedChange | undefined;
  readonly lastPause?: string | undefined;
  readonly restored?: { readonly id: string; readonly from: string } | undefined;
  readonly retried?: string | undefined;
  readonly unhealthyWorkers?: number | undefined;
  readonly workers?: readonly { readonly name: string; readonly reason: string }[] | undefined;
  readonly savepoint?: { readonly last: string; readonly time: string } | undefined;
}

/** Entries of lists, at most: a status stays below 16 KB. */
export const mostPlanChanges = 20;
export const mostUnhealthyWorkers = 10;

const revisionName = (): z.ZodString => statusText(63);

const finishedChangeSchema: z.ZodType<FinishedChange> = z.object({
  from: statusText(63).meta({ description: 'What it was before.' }),
  to: statusText(63).meta({ description: 'What was wished for.' }),
  time: statusTime().meta({ description: 'When it was over.' }),
  pauseMs: statusAmount().meta({ description: 'How long records stood still, in ms.' }),
  committedPauseMs: told(statusAmount(), 'How long committed output stood still, in ms.'),
  outcome: z.enum(['Done', 'RolledBack', 'Stalled']).meta({ description: 'What came of it.' }),
  reason: told(statusText(longestMessage), 'Why nothing came of it.'),
});

const planSchema: z.ZodType<ChangePlan> = z.object({
  revision: revisionName().meta({ description: 'The revision that was compared.' }),
  result: z
    .enum(['Compatible', 'NeedsApproval', 'Incompatible'])
    .meta({ description: 'Whether the state fits it.' }),
  changes: z
    .array(
      z.object({
        transform: statusText(256).meta({ description: 'The uid of the transform.' }),
        state: told(statusText(256), 'The name of the state.'),
        change: z.enum(planChangeKinds).meta({ description: 'What becomes of it.' }),
        explanation: statusText(512).meta({ description: 'The same in a sentence.' }),
      }),
    )
    .max(mostPlanChanges)
    .meta({ description: 'What becomes of the state, the gravest first.' }),
});

/** The schema of `status` of a StreamJob. What it does not know is left out, so that a newer operator's status can be read. */
export const streamJobStatusSchema: z.ZodType<StreamJobStatus> = z.object({
  observedGeneration: told(statusCount(), 'The generation of the StreamJob that all of this is about.'),
  phase: told(z.enum(jobPhases), 'What the job does now, in a word. Programs read conditions.'),
  conditions: told(
    conditionsSchema,
    'Ready: this generation is in force. Reconciling: it is on its way. Stalled: it needs someone. Healthy: records flow.',
  ),
  replicas: told(statusCount(), 'Active slots.'),
  selector: told(statusText(512), 'The label selector of the active workers.'),
  workersReady: told(statusText(32), 'Ready workers of those that are wanted, such as 2/2.'),
  revision: told(
    z.object({
      current: told(revisionName(), 'The one that runs.'),
      next: told(revisionName(), 'The one that is to take over.'),
      rejected: told(revisionName(), 'The one that was rolled back or refused, and is not tried again.'),
    }),
    'The versions of code and configuration that matter now.',
  ),
  sequence: told(statusCount(), 'The number of the last wish that was sent to the coordinator.'),
  attempt: told(statusCount(), 'The incarnation of the data plane.'),
  term: told(statusCount(), 'The incarnation of the coordinator.'),
  checkpoint: told(
    z.object({
      id: statusCount().meta({ description: 'Its number.' }),
      time: statusTime().meta({ description: 'When it was complete.' }),
      savedBytes: told(statusAmount(), 'What it added to the store, in bytes.'),
    }),
    'The latest checkpoint, some minutes late while all is well.',
  ),
  plan: told(planSchema, 'What the state means for the next revision.'),
  lastUpgrade: told(finishedChangeSchema, 'The last change of revision.'),
  lastRescale: told(finishedChangeSchema, 'The last change of parallelism.'),
  lastPause: told(statusText(32), 'How long records stood still in the last of these, such as 120ms.'),
  restored: told(
    z.object({
      id: statusText(128).meta({ description: 'The id of spec.restore.' }),
      from: statusText(512).meta({ description: 'What the job went back to.' }),
    }),
    'The wish to go back that was carried out last.',
  ),
  retried: told(statusText(128), 'The wish to try again (millrace.dev/retry) that was carried out last.'),
  unhealthyWorkers: told(statusCount(), 'How many workers are not as they should be.'),
  workers: told(
    z
      .array(
        z.object({
          name: statusText(253).meta({ description: 'The name of the pod.' }),
          reason: statusText(256).meta({ description: 'What is wrong with it.' }),
        }),
      )
      .max(mostUnhealthyWorkers),
    'The first of them.',
  ),
  savepoint: told(
    z.object({
      last: statusText(253).meta({ description: 'The name of the Savepoint.' }),
      time: statusTime().meta({ description: 'When it was complete.' }),
    }),
    'The latest savepoint.',
  ),
});
