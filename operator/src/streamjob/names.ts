import type { StreamJobObject } from '../kube/kinds.ts';
import type { OwnerReference, Stored } from '../kube/objects.ts';

/** The label that all objects of one job carry: names may be used again, uids never are. */
export const jobUidLabel = 'millrace.dev/job-uid';
export const jobLabel = 'millrace.dev/job';
export const revisionLabel = 'millrace.dev/revision';
export const roleLabel = 'millrace.dev/role';
export const managedByLabel = 'app.kubernetes.io/managed-by';
export const managedBy = 'millrace';
export const finalizer = 'millrace.dev/finalizer';

/** What people write on a StreamJob to say something once: the revision that they mean. */
export const annotations = {
  /** Agrees to what waits for approval. */
  approve: 'millrace.dev/approve',
  /** Tries a revision again that was rolled back, or a job that has failed. */
  retry: 'millrace.dev/retry',
  /** Any new text is another revision of the same code. */
  restart: 'millrace.dev/restart',
  /** `true`: the operator does nothing with the job. */
  paused: 'millrace.dev/paused',
} as const;

/** Who a job is, as its objects are told apart by. */
export interface JobIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

export type Role = 'coordinator' | 'worker';

export const identityOf = ({ metadata }: Stored<StreamJobObject>): JobIdentity => ({
  name: metadata.name,
  namespace: metadata.namespace ?? 'default',
  uid: metadata.uid,
});

export const jobLabels = ({ name, uid }: JobIdentity): Readonly<Record<string, string>> => ({
  [managedByLabel]: managedBy,
  [jobLabel]: name,
  [jobUidLabel]: uid,
});

export const revisionLabels = (job: JobIdentity, revision: string): Readonly<Record<string, string>> => ({
  ...jobLabels(job),
  [revisionLabel]: revision,
});

export const podLabels = (
  job: JobIdentity,
  revision: string,
  role: Role,
): Readonly<Record<string, string>> => ({
  ...revisionLabels(job, revision),
  [roleLabel]: role,
});

/** Everything of a job goes with it. */
export const ownedBy = ({ name, uid }: JobIdentity): readonly OwnerReference[] => [
  {
    apiVersion: 'millrace.dev/v1alpha1',
    kind: 'StreamJob',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  },
];

/** What the objects of a revision are called. */
export const revisionName = ({ name }: JobIdentity, revision: string): string => `${name}-${revision}`;
export const setName = (job: JobIdentity, revision: string, role: Role): string =>
  `${revisionName(job, revision)}-${role}`;
export const trustName = ({ name }: JobIdentity): string => `${name}-trust`;
