import type { Operation } from '../../../runtime/src/contract/control/operations.ts';
import type { StreamJobStatus } from '../../../runtime/src/contract/status.ts';
import type { StreamJobSpec } from '../../../runtime/src/contract/stream-job.ts';
import type { CoordinatorView } from '../coordinators/coordinators.ts';
import type { ControllerRevision, Pod, ReplicaSet, StreamJobObject } from '../kube/kinds.ts';
import type { Stored } from '../kube/objects.ts';
import type { RevisionData } from './resources/revision-objects.ts';

/** One version of the code and configuration of a job, and what there is of it in the cluster. */
export interface ObservedRevision {
  readonly name: string;
  readonly object: Stored<ControllerRevision>;
  readonly data: RevisionData;
  readonly coordinatorSet: Stored<ReplicaSet> | undefined;
  readonly workerSet: Stored<ReplicaSet> | undefined;
  readonly coordinatorPods: readonly Stored<Pod>[];
  readonly workerPods: readonly Stored<Pod>[];
  readonly view: CoordinatorView | undefined;
}

/** What the user wants by now, or why that cannot be said. */
export type Wanted =
  | {
      readonly ok: true;
      readonly spec: StreamJobSpec;
      readonly written: unknown;
      /** Makes another revision of the same spec. */
      readonly restart: string | undefined;
      readonly revision: string;
      /** Of those that a coordinator takes over while the job runs: their name. */
      readonly settings: string;
      /** Where the savepoint lies that the job is to go back to; absent = to none. */
      readonly savepointPlace?: string | undefined;
    }
  /** `againMs`: when it may make sense, if nothing is written meanwhile. */
  | { readonly ok: false; readonly reason: string; readonly againMs?: number | undefined };

/** A coordinator will not do what it was asked for, and asking again is of no use. */
export interface Refusal {
  readonly revision: string;
  readonly operation: Operation;
  readonly reason: string;
}

/** All that a decision is made from: one look at a job, from caches and from what its coordinators say. */
export interface ObservedJob {
  readonly job: Stored<StreamJobObject>;
  readonly status: StreamJobStatus | undefined;
  readonly wanted: Wanted;
  /** Oldest first. */
  readonly revisions: readonly ObservedRevision[];
  /** Pods that do something in the store. */
  readonly maintenancePods: readonly Stored<Pod>[];
  /** Of what is wished for now. */
  readonly refusals: readonly Refusal[];
  readonly nowMs: number;
}

export const revisionNamed = (
  { revisions }: Pick<ObservedJob, 'revisions'>,
  name: string | undefined,
): ObservedRevision | undefined => revisions.find((revision) => revision.name === name);
