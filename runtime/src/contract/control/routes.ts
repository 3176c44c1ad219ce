import * as z from 'zod';
import { liveSettingsSchema } from '../live-settings.ts';
import { checkpointDetailSchema, checkpointListSchema, checkpointStatusSchema } from './checkpoints.ts';
import { type NextDeployment, nextDeploymentSchema, parallelismSchema, sequence } from './deployment.ts';
import { jobEventSchema } from './events.ts';
import { failureListSchema } from './failures.ts';
import { handOverRequestSchema, handOverSchema } from './hand-over.ts';
import type { NoRequest, Operation, ReplyOf, RequestOf, StopRequest } from './operations.ts';
import { problemSchema } from './problem.ts';
import { savepointListSchema, savepointName, savepointStatusSchema } from './savepoints.ts';
import { jobStatusSchema } from './status.ts';
import { jobGraphSchema, taskDetailSchema, taskListSchema } from './tasks.ts';
import { name, numberInPath } from './values.ts';
import { stateAnswerSchema, workerListSchema } from './workers.ts';

/** How a question travels: `{name}` in the path is a field of the request; of the others a `get` has a query, the rest a body. */
export interface Route<Request, Reply> {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  readonly summary: string;
  /** 202 where what was asked for goes on after the answer. */
  readonly status: 200 | 202;
  /** Of what comes in: fields of path and query are texts there. */
  readonly request: z.ZodType<Request, object>;
  /** Shows records or state: answered only to who has shown a token or certificate, also on the machine of the job. */
  readonly showsData?: true;
  /** 'download' = bytes. */
  readonly reply: z.ZodType<Reply> | 'download';
}

export type RouteTable = { readonly [O in Operation]: Route<RequestOf<O>, ReplyOf<O>> };

/** The form of a value that both sides know, and its name in the OpenAPI document. */
export const messages: Readonly<Record<string, z.ZodType>> = {
  Problem: problemSchema,
  JobEvent: jobEventSchema,
  JobStatus: jobStatusSchema,
  JobGraph: jobGraphSchema,
  TaskList: taskListSchema,
  TaskDetail: taskDetailSchema,
  WorkerList: workerListSchema,
  FailureList: failureListSchema,
  CheckpointList: checkpointListSchema,
  CheckpointDetail: checkpointDetailSchema,
  CheckpointStatus: checkpointStatusSchema,
  SavepointList: savepointListSchema,
  SavepointStatus: savepointStatusSchema,
  Parallelism: parallelismSchema,
  NextDeployment: nextDeploymentSchema,
  HandOver: handOverSchema,
  StateAnswer: stateAnswerSchema,
};

const nothing: z.ZodType<NoRequest, object> = z.strictObject({});
const highestSlot = 65_535;
const slot = numberInPath(highestSlot);
const revision = z.string().min(1).max(253);
const stopSchema: z.ZodType<StopRequest, object> = z.strictObject({
  savepoint: z.boolean().optional(),
  name: savepointName().optional(),
});
const revisionSchema = z.strictObject({ revision, sequence: sequence() });
const savepointInPath = z.strictObject({ savepoint: savepointName() });

/** The paths that are not operations, since what they answer is no JSON or goes on for ever. */
export const eventsPath = '/v1/events';
export const openApiPath = '/v1/openapi.json';
export const livenessPath = '/healthz';
export const readinessPath = '/readyz';
export const metricsPath = '/metrics';

const job: Pick<
  RouteTable,
  'getStatus' | 'getGraph' | 'stop' | 'drain' | 'suspend' | 'resume' | 'cancel' | 'listFailures'
> = {
  getStatus: {
    method: 'get',
    path: '/v1/status',
    summary: 'The state of the job, its parallelism and its last switch-overs.',
    status: 200,
    request: nothing,
    reply: jobStatusSchema,
  },
  getGraph: {
    method: 'get',
    path: '/v1/graph',
    summary: 'The tasks of the job and the edges between them.',
    status: 200,
    request: nothing,
    reply: jobGraphSchema,
  },
  stop: {
    method: 'post',
    path: '/v1/stop',
    summary: 'Stops the job after the records in hand, with a savepoint if wished; windows stay open.',
    status: 202,
    request: stopSchema,
    reply: jobStatusSchema,
  },
  drain: {
    method: 'post',
    path: '/v1/drain',
    summary: 'Ends the input, so that all windows fire, and then the job.',
    status: 202,
    request: stopSchema,
    reply: jobStatusSchema,
  },
  suspend: {
    method: 'post',
    path: '/v1/suspend',
    summary: 'Takes a checkpoint and lets go of all slots until resume.',
    status: 202,
    request: nothing,
    reply: jobStatusSchema,
  },
  resume: {
    method: 'post',
    path: '/v1/resume',
    summary: 'Goes on from the checkpoint of suspend.',
    status: 202,
    request: nothing,
    reply: jobStatusSchema,
  },
  cancel: {
    method: 'post',
    path: '/v1/cancel',
    summary: 'Ends the job at once.',
    status: 202,
    request: nothing,
    reply: jobStatusSchema,
  },
  listFailures: {
    method: 'get',
    path: '/v1/failures',
    summary: 'The newest failures with their causes.',
    status: 200,
    request: nothing,
    reply: failureListSchema,
  },
};

const running: Pick<
  RouteTable,
  'listTasks' | 'getTask' | 'listWorkers' | 'queryState' | 'profileSlot' | 'dumpHeap'
> = {
  listTasks: {
    method: 'get',
    path: '/v1/tasks',
    summary: 'All tasks with the sums of their subtasks.',
    status: 200,
    request: nothing,
    reply: taskListSchema,
  },
  getTask: {
    method: 'get',
    path: '/v1/tasks/{task}',
    summary: 'One task with its subtasks and the metrics of its transforms.',
    status: 200,
    request: z.strictObject({ task: numberInPath(highestSlot) }),
    reply: taskDetailSchema,
  },
  listWorkers: {
    method: 'get',
    path: '/v1/workers',
    summary: 'The processes of the job and the slots that they hold.',
    status: 200,
    request: nothing,
    reply: workerListSchema,
  },
  queryState: {
    showsData: true,
    method: 'get',
    path: '/v1/state/{transform}/{state}',
    summary: 'What a transform (by uid) holds in one of its states for a key, given as JSON.',
    status: 200,
    request: z.strictObject({ transform: name(), state: name(), key: z.string().min(1).max(4096) }),
    reply: stateAnswerSchema,
  },
  profileSlot: {
    showsData: true,
    method: 'post',
    path: '/v1/slots/{slot}/cpu-profile',
    summary: 'A CPU profile of a slot over some time, for the developer tools of Chrome.',
    status: 200,
    request: z.strictObject({ slot, durationMs: z.int().min(100).max(60_000) }),
    reply: 'download',
  },
  dumpHeap: {
    showsData: true,
    method: 'post',
    path: '/v1/slots/{slot}/heap-snapshot',
    summary: 'A heap snapshot of a slot, which stands still meanwhile; it shows records and state.',
    status: 200,
    request: z.strictObject({ slot }),
    reply: 'download',
  },
};

const snapshots: Pick<
  RouteTable,
  | 'listCheckpoints'
  | 'getCheckpoint'
  | 'triggerCheckpoint'
  | 'listSavepoints'
  | 'createSavepoint'
  | 'getSavepoint'
  | 'disposeSavepoint'
> = {
  listCheckpoints: {
    method: 'get',
    path: '/v1/checkpoints',
    summary: 'Checkpoints in progress, the newest that have ended, and figures about them.',
    status: 200,
    request: nothing,
    reply: checkpointListSchema,
  },
  getCheckpoint: {
    method: 'get',
    path: '/v1/checkpoints/{checkpoint}',
    summary: 'One checkpoint and what it cost each subtask.',
    status: 200,
    request: z.strictObject({ checkpoint: numberInPath(Number.MAX_SAFE_INTEGER) }),
    reply: checkpointDetailSchema,
  },
  triggerCheckpoint: {
    method: 'post',
    path: '/v1/checkpoints',
    summary: 'Begins a checkpoint now.',
    status: 202,
    request: nothing,
    reply: checkpointStatusSchema,
  },
  listSavepoints: {
    method: 'get',
    path: '/v1/savepoints',
    summary: 'All savepoints of the job.',
    status: 200,
    request: nothing,
    reply: savepointListSchema,
  },
  createSavepoint: {
    method: 'post',
    path: '/v1/savepoints',
    summary: 'Begins a savepoint. A name that one in progress has gives that one.',
    status: 202,
    request: z.strictObject({ name: savepointName().optional() }),
    reply: savepointStatusSchema,
  },
  getSavepoint: {
    method: 'get',
    path: '/v1/savepoints/{savepoint}',
    summary: 'How far a savepoint is, and where it lies.',
    status: 200,
    request: savepointInPath,
    reply: savepointStatusSchema,
  },
  disposeSavepoint: {
    method: 'delete',
    path: '/v1/savepoints/{savepoint}',
    summary: 'Removes a savepoint from the store; answers with what it was.',
    status: 200,
    request: savepointInPath,
    reply: savepointStatusSchema,
  },
};

/** A change of the next deployment. */
const change = <R>(
  path: string,
  summary: string,
  request: z.ZodType<R, object>,
): Route<R, NextDeployment> => ({
  method: 'post',
  path: `/v1/next-deployment${path}`,
  summary,
  status: 202,
  request,
  reply: nextDeploymentSchema,
});

const changes: Pick<
  RouteTable,
  | 'getParallelism'
  | 'setParallelism'
  | 'configure'
  | 'getNextDeployment'
  | 'planDeployment'
  | 'prepareDeployment'
  | 'approveDeployment'
  | 'rollBackDeployment'
  | 'takeOver'
  | 'handOver'
  | 'getHandOver'
> = {
  getParallelism: {
    method: 'get',
    path: '/v1/parallelism',
    summary: 'How many slots the job is to have, and has.',
    status: 200,
    request: nothing,
    reply: parallelismSchema,
  },
  setParallelism: {
    method: 'put',
    path: '/v1/parallelism',
    summary: 'Wishes for a number of slots; the job is rescaled while it runs.',
    status: 202,
    request: z.strictObject({ parallelism: z.int().min(1).max(4096), sequence: sequence() }),
    reply: parallelismSchema,
  },
  configure: {
    method: 'put',
    path: '/v1/settings',
    summary: 'Gives the job other settings, of those that may be changed while it runs.',
    status: 200,
    request: z.strictObject({ name: revision, settings: liveSettingsSchema, sequence: sequence() }),
    reply: jobStatusSchema,
  },
  getNextDeployment: {
    method: 'get',
    path: '/v1/next-deployment',
    summary: 'The switch-over under way, or the last one.',
    status: 200,
    request: nothing,
    reply: nextDeploymentSchema,
  },
  planDeployment: change(
    '/plan',
    'Compares the state with what another revision wants of it; touches nothing.',
    z.strictObject({
      revision,
      artifact: z
        .string()
        .regex(/^[0-9a-f]{64}$/, 'expected a sha256 in lower-case hexadecimal')
        .optional(),
      sequence: sequence(),
    }),
  ),
  prepareDeployment: change(
    '/prepare',
    'Brings the planned revision up beside the running one.',
    revisionSchema,
  ),
  approveDeployment: change('/approve', 'Lets a switch-over go on that waits for it.', revisionSchema),
  rollBackDeployment: change('/roll-back', 'Goes back to the revision before.', revisionSchema),
  takeOver: change(
    '/take-over',
    'Begins from the latest checkpoint in a deployment that stands by, whoever led the job before.',
    revisionSchema,
  ),
  handOver: {
    method: 'post',
    path: '/v1/hand-over',
    summary: 'Gives the job to another deployment, at a cut, once that one is prepared.',
    status: 202,
    request: handOverRequestSchema,
    reply: handOverSchema,
  },
  getHandOver: {
    method: 'get',
    path: '/v1/hand-over',
    summary: 'How far the job is given to another deployment.',
    status: 200,
    request: nothing,
    reply: handOverSchema,
  },
};

/** Every operation and how it travels. */
export const routes: RouteTable = { ...job, ...running, ...snapshots, ...changes };
