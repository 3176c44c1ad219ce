import type { Operation, RequestOf } from '../../../../runtime/src/contract/control/operations.ts';
import type { MaintenanceRequest } from '../../../../runtime/src/contract/maintenance.ts';
import type { StreamJobStatus } from '../../../../runtime/src/contract/status.ts';
import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import type { Notice } from '../../kube/events.ts';
import type { Pod } from '../../kube/kinds.ts';
import type { Stored } from '../../kube/objects.ts';
import type { Role } from '../names.ts';
import type { ObservedRevision, Wanted } from '../observed.ts';

/** Something that a coordinator is asked for. Asking again for what is under way or done changes nothing. */
export type CoordinatorWish = {
  [O in Operation]: { readonly operation: O; readonly request: RequestOf<O> };
}[Operation];

/** What the user wants, where it makes sense. */
export type ValidWish = Extract<Wanted, { readonly ok: true }>;

/** How many pods a revision is to have. */
export interface Deployment {
  readonly revision: string;
  readonly coordinators: 0 | 1;
  readonly workers: number;
}

/** One step. They are done in order, and each one again and again until it is done: none counts on another one's effect. */
export type Action =
  /** Something that is wanted of a coordinator. */
  | { readonly kind: 'wish'; readonly revision: string; readonly wish: CoordinatorWish }
  /** A revision that has no ControllerRevision yet is written down. */
  | { readonly kind: 'record'; readonly revision: string; readonly wanted: ValidWish }
  /** The pods of a revision, by its sets. */
  | { readonly kind: 'deploy'; readonly deployment: Deployment }
  /** Nothing of a revision is to run: its sets, service and configuration go, what is written down of it stays. */
  | { readonly kind: 'withdraw'; readonly revision: ObservedRevision }
  /** What is written down of a revision goes, too. */
  | { readonly kind: 'forget'; readonly revision: ObservedRevision }
  /** What a job has beside its revisions. */
  | { readonly kind: 'surround'; readonly active: string; readonly spec: StreamJobSpec }
  /** Pods that may go first when there are too many. */
  | { readonly kind: 'offerPods'; readonly uids: readonly string[] }
  /** Pods are made again at once. */
  | { readonly kind: 'removePods'; readonly revision: ObservedRevision; readonly role: Role }
  /** The same of some pods. */
  | { readonly kind: 'renewPods'; readonly pods: readonly Stored<Pod>[] }
  /** A pod does in the store what is to be done when no coordinator is there. */
  | {
      readonly kind: 'maintain';
      readonly spec: StreamJobSpec;
      readonly request: MaintenanceRequest;
      readonly withinMs: number;
    }
  /** Such pods have done their work, or never will. */
  | { readonly kind: 'endMaintenance'; readonly spec: StreamJobSpec }
  /** Something that people should read and no status says any more. */
  | { readonly kind: 'tell'; readonly notice: Notice }
  /** Its time is over. */
  | { readonly kind: 'deleteJob' }
  | { readonly kind: 'finalizer'; readonly present: boolean };

/** What is said about a job in conditions: why it is as it is, as one word for programs and one sentence for people. */
export interface Standing {
  readonly phase: NonNullable<StreamJobStatus['phase']>;
  /** `inForce`: what this generation asks for is so. `stalled`: nothing goes on without the user. */
  readonly progress: 'inForce' | 'underWay' | 'stalled';
  readonly reason: string;
  readonly message: string;
}

/** What follows from one look at a job. */
export interface Plan {
  readonly actions: readonly Action[];
  readonly standing: Standing;
  readonly current: string | undefined;
  readonly next: string | undefined;
  /** A revision that is not tried again by itself. */
  readonly rejected: string | undefined;
  /** The wish to try again is carried out by this. */
  readonly retries?: boolean | undefined;
  /** When to look again although nothing may have happened. */
  readonly againMs: number | undefined;
}
