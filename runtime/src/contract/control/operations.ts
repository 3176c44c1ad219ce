import type { CheckpointDetail, CheckpointList, CheckpointStatus } from './checkpoints.ts';
import type {
  ConfigureRequest,
  NextDeployment,
  NextDeploymentRequest,
  Parallelism,
  ParallelismRequest,
  RevisionRequest,
} from './deployment.ts';
import type { FailureList } from './failures.ts';
import type { HandOver, HandOverRequest } from './hand-over.ts';
import type { SavepointList, SavepointRequest, SavepointStatus } from './savepoints.ts';
import type { JobStatus } from './status.ts';
import type { JobGraph, TaskDetail, TaskList } from './tasks.ts';
import type { Download, ProfileRequest, StateAnswer, StateQuery, WorkerList } from './workers.ts';

/** Asked for nothing in particular. */
export type NoRequest = Readonly<Record<string, never>>;

/** How a job is stopped. */
export interface StopRequest {
  /** Whether a savepoint is taken first; absent = no. */
  readonly savepoint?: boolean | undefined;
  /** Its name; absent = one is made. */
  readonly name?: string | undefined;
}

/**
 * All that can be asked of a job, each with its request and its answer. What takes time answers at once with how things stand; the
 * event stream tells the rest.
 */
export interface Operations {
  getStatus: { readonly request: NoRequest; readonly reply: JobStatus };
  getGraph: { readonly request: NoRequest; readonly reply: JobGraph };
  listTasks: { readonly request: NoRequest; readonly reply: TaskList };
  getTask: { readonly request: { readonly task: number }; readonly reply: TaskDetail };
  listWorkers: { readonly request: NoRequest; readonly reply: WorkerList };
  listFailures: { readonly request: NoRequest; readonly reply: FailureList };
  listCheckpoints: { readonly request: NoRequest; readonly reply: CheckpointList };
  getCheckpoint: { readonly request: { readonly checkpoint: number }; readonly reply: CheckpointDetail };
  triggerCheckpoint: { readonly request: NoRequest; readonly reply: CheckpointStatus };
  listSavepoints: { readonly request: NoRequest; readonly reply: SavepointList };
  createSavepoint: { readonly request: SavepointRequest; readonly reply: SavepointStatus };
  getSavepoint: { readonly request: { readonly savepoint: string }; readonly reply: SavepointStatus };
  disposeSavepoint: { readonly request: { readonly savepoint: string }; readonly reply: SavepointStatus };
  getParallelism: { readonly request: NoRequest; readonly reply: Parallelism };
  setParallelism: { readonly request: ParallelismRequest; readonly reply: Parallelism };
  /** Of a coordinator that leads: it takes other settings over, and nothing restarts. */
  configure: { readonly request: ConfigureRequest; readonly reply: JobStatus };
  getNextDeployment: { readonly request: NoRequest; readonly reply: NextDeployment };
  planDeployment: { readonly request: NextDeploymentRequest; readonly reply: NextDeployment };
  prepareDeployment: { readonly request: RevisionRequest; readonly reply: NextDeployment };
  approveDeployment: { readonly request: RevisionRequest; readonly reply: NextDeployment };
  rollBackDeployment: { readonly request: RevisionRequest; readonly reply: NextDeployment };
  /** Of a standby: it begins from the latest checkpoint, whoever led the job before. */
  takeOver: { readonly request: RevisionRequest; readonly reply: NextDeployment };
  /** Gives the job to another deployment, once that is prepared. */
  handOver: { readonly request: HandOverRequest; readonly reply: HandOver };
  getHandOver: { readonly request: NoRequest; readonly reply: HandOver };
  /** Ends sources after the records in hand, without a last watermark: windows stay open. */
  stop: { readonly request: StopRequest; readonly reply: JobStatus };
  /** Ends sources as if their input had ended: windows fire, then the job is done. */
  drain: { readonly request: StopRequest; readonly reply: JobStatus };
  /** Takes a checkpoint and lets go of all slots; `resume` goes on from it. */
  suspend: { readonly request: NoRequest; readonly reply: JobStatus };
  resume: { readonly request: NoRequest; readonly reply: JobStatus };
  /** Ends at once. */
  cancel: { readonly request: NoRequest; readonly reply: JobStatus };
  queryState: { readonly request: StateQuery; readonly reply: StateAnswer };
  profileSlot: { readonly request: ProfileRequest; readonly reply: Download };
  dumpHeap: { readonly request: { readonly slot: number }; readonly reply: Download };
}

export type Operation = keyof Operations;
export type RequestOf<O extends Operation> = Operations[O]['request'];
export type ReplyOf<O extends Operation> = Operations[O]['reply'];
