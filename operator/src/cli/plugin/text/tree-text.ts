import type { StreamJobStatus } from '../../../../../runtime/src/contract/status.ts';
import type { Pod, ReplicaSet } from '../../../kube/kinds.ts';
import type { Stored } from '../../../kube/objects.ts';
import { revisionLabel } from '../../../streamjob/names.ts';
import { type JobPicture, statusOf } from '../job-picture.ts';
import { ageText } from './age.ts';
import { podText } from './pod-text.ts';
import { conditionOf } from './status-text.ts';
import type { TreeNode } from './table.ts';

const isOwnedBy = (pod: Stored<Pod>, set: Stored<ReplicaSet>): boolean =>
  pod.metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid) === true;

const setNode = (set: Stored<ReplicaSet>, { pods }: JobPicture, nowMs: number): TreeNode => ({
  text: `ReplicaSet ${set.metadata.name}  ${set.status?.readyReplicas ?? 0}/${set.spec.replicas} ready`,
  children: pods
    .filter((pod) => isOwnedBy(pod, set))
    .map((pod) => ({ text: `Pod ${podText(pod, nowMs)}`, children: [] })),
});

/** What a revision is to the job now. */
const partOf = (name: string, status: StreamJobStatus): string => {
  const { current, next, rejected } = status.revision ?? {};
  if (name === current) return 'current';
  if (name === next) return `next: ${conditionOf(status, 'Reconciling')?.reason ?? 'under way'}`;
  return name === rejected ? 'rejected' : 'kept';
};

/** A job with everything that the cluster has of it: revisions, the newest first, their sets, and the pods of those. */
export const jobTree = (picture: JobPicture, nowMs: number): TreeNode => {
  const { job, revisions, sets } = picture;
  const { metadata } = job;
  const status = statusOf(job);
  const ready = conditionOf(status, 'Ready');
  return {
    text: `StreamJob ${metadata.namespace}/${metadata.name}  ${status.phase ?? 'unknown'}  ${ready?.reason ?? 'not looked at'}  ${ageText(metadata.creationTimestamp, nowMs)}`,
    children: revisions.map((revision) => {
      const name = revision.metadata.labels?.[revisionLabel] ?? revision.metadata.name;
      const own = sets.filter((set) => set.metadata.labels?.[revisionLabel] === name);
      const pods = own.length === 0 ? ', without pods' : '';
      return {
        text: `Revision ${name}  ${partOf(name, status)}${pods}`,
        children: own.map((set) => setNode(set, picture, nowMs)),
      };
    }),
  };
};
