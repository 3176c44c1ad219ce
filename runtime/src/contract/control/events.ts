import * as z from 'zod';
import { type CheckpointStatus, checkpointStatusSchema } from './checkpoints.ts';
import { type NextDeployment, nextDeploymentSchema } from './deployment.ts';
import { type JobFailure, jobFailureSchema } from './failures.ts';
import { type HandOver, handOverSchema } from './hand-over.ts';
import { type SavepointStatus, savepointStatusSchema } from './savepoints.ts';
import { type JobStatus, jobStatusSchema } from './status.ts';

/**
 * What happens to a job, as it is pushed. Whoever connects without a past is told the whole `status` first; `status` comes again at
 * each change of it, the others when they happen.
 */
export type JobEvent =
  | { readonly type: 'status'; readonly status: JobStatus }
  | { readonly type: 'checkpoint'; readonly checkpoint: CheckpointStatus }
  | { readonly type: 'savepoint'; readonly savepoint: SavepointStatus }
  | { readonly type: 'failure'; readonly failure: JobFailure }
  | { readonly type: 'deployment'; readonly deployment: NextDeployment }
  | { readonly type: 'handOver'; readonly handOver: HandOver };

export const jobEventSchema: z.ZodType<JobEvent> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('status'), status: jobStatusSchema }),
  z.object({ type: z.literal('checkpoint'), checkpoint: checkpointStatusSchema }),
  z.object({ type: z.literal('savepoint'), savepoint: savepointStatusSchema }),
  z.object({ type: z.literal('failure'), failure: jobFailureSchema }),
  z.object({ type: z.literal('deployment'), deployment: nextDeploymentSchema }),
  z.object({ type: z.literal('handOver'), handOver: handOverSchema }),
]);
