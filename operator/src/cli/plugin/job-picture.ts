import { MillraceError } from '../../../../runtime/src/contract/errors.ts';
import { type StreamJobStatus, streamJobStatusSchema } from '../../../../runtime/src/contract/status.ts';
import { KubeError } from '../../kube/errors.ts';
import {
  type ControllerRevision,
  controllerRevisions,
  type Event,
  events,
  type Pod,
  pods,
  type ReplicaSet,
  replicaSets,
  type StreamJobObject,
  streamJobs,
} from '../../kube/kinds.ts';
import type { Stored } from '../../kube/objects.ts';
import { podTrouble } from '../../streamjob/explain-pods.ts';
import { jobUidLabel } from '../../streamjob/names.ts';
import type { Cluster } from './plugin-io.ts';

/** A job and what the cluster has of it. */
export interface JobPicture {
  readonly job: Stored<StreamJobObject>;
  readonly revisions: readonly Stored<ControllerRevision>[];
  readonly sets: readonly Stored<ReplicaSet>[];
  readonly pods: readonly Stored<Pod>[];
}

/** What an operator has said of a job; empty = nothing, or what makes no sense. */
export const statusOf = ({ status }: StreamJobObject): StreamJobStatus => {
  const result = streamJobStatusSchema.safeParse(status);
  return result.success ? result.data : {};
};

const noStreamJobs = (cause: unknown): MillraceError =>
  new MillraceError('not-found', 'This cluster knows no StreamJobs.', {
    cause,
    hint: 'Install the definitions, helm install millrace-crds charts/millrace-crds, or choose another --context.',
  });

/** All jobs of a namespace, or of all. */
export const listJobs = async (
  { client }: Cluster,
  namespace: string | undefined,
): Promise<readonly Stored<StreamJobObject>[]> => {
  try {
    const { items } = await client.list(streamJobs, { namespace });
    return items;
  } catch (error) {
    throw KubeError.is(error, 'notFound') ? noStreamJobs(error) : error;
  }
};

/** @throws MillraceError not-found, with the names that there are */
export const findJob = async (cluster: Cluster, name: string): Promise<Stored<StreamJobObject>> => {
  const { client, namespace } = cluster;
  // A whole kind that is not served is told apart from one object only by asking for all.
  const job = await client.get(streamJobs, { namespace, name }).catch((error: unknown) => {
    if (KubeError.is(error, 'notFound')) return undefined;
    throw error;
  });
  if (job !== undefined) return job;
  const others = (await listJobs(cluster, namespace)).map(({ metadata }) => metadata.name);
  const there = others.length === 0 ? 'There are none there: is it the right -n?' : others.join(', ');
  throw new MillraceError('not-found', `There is no StreamJob “${name}” in the namespace “${namespace}”.`, {
    hint: others.length === 0 ? there : `There are: ${there}.`,
  });
};

/** Reads a job and all that belongs to it. */
export const readPicture = async (cluster: Cluster, name: string): Promise<JobPicture> => {
  const { client, namespace } = cluster;
  const job = await findJob(cluster, name);
  const of = { namespace, labelSelector: `${jobUidLabel}=${job.metadata.uid}` };
  const [revisions, sets, found] = await Promise.all([
    client.list(controllerRevisions, of),
    client.list(replicaSets, of),
    client.list(pods, of),
  ]);
  return {
    job,
    revisions: revisions.items.toSorted((one, other) => other.revision - one.revision),
    sets: sets.items,
    pods: found.items,
  };
};

/** Objects beside the job whose events are read: more say the same. */
const mostTroubled = 5;

/** What has happened to a job, and to those of its pods and sets that are in trouble. */
export const readEvents = async (
  { client, namespace }: Cluster,
  { job, sets, pods: all }: JobPicture,
): Promise<readonly Stored<Event>[]> => {
  const troubled = [
    ...all.filter((pod) => podTrouble(pod) !== undefined || pod.status?.phase === 'Pending'),
    ...sets.filter(({ spec, status }) => (status?.replicas ?? 0) < spec.replicas),
  ].slice(0, mostTroubled);
  const pages = await Promise.all(
    [job, ...troubled].map(({ metadata }) =>
      client.list(events, { namespace, fieldSelector: `involvedObject.uid=${metadata.uid}` }),
    ),
  );
  return pages.flatMap(({ items }) => items);
};
