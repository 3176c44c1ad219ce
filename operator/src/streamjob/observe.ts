import { checkStreamJob } from '../../../runtime/src/contract/check-stream-job.ts';
import { liveSettingsOf } from '../../../runtime/src/contract/live-settings.ts';
import { type StreamJobStatus, streamJobStatusSchema } from '../../../runtime/src/contract/status.ts';
import type { Hashing } from '../../../runtime/src/sys/hashing.ts';
import type { CoordinatorView } from '../coordinators/coordinators.ts';
import type { ControllerRevision, Pod, ReplicaSet, StreamJobObject } from '../kube/kinds.ts';
import type { Stored } from '../kube/objects.ts';
import { maintenanceRole } from '../maintenance/pod.ts';
import { annotations, identityOf, type Role, revisionLabel, roleLabel } from './names.ts';
import type { ObservedJob, ObservedRevision, Refusal, Wanted } from './observed.ts';
import type { RevisionData } from './resources/revision-objects.ts';
import { settingsName, wantedRevision } from './revision.ts';

/** What the cluster holds of one job. */
export interface JobObjectsRead {
  readonly job: Stored<StreamJobObject>;
  readonly revisions: readonly Stored<ControllerRevision>[];
  readonly sets: readonly Stored<ReplicaSet>[];
  readonly pods: readonly Stored<Pod>[];
}

/** A status that makes no sense, of another release perhaps, is as good as none: it is made again. */
const statusIn = ({ status }: StreamJobObject): StreamJobStatus | undefined => {
  const result = streamJobStatusSchema.safeParse(status);
  return result.success ? result.data : undefined;
};

/** Reads specs of one job: what is wanted, or why nobody can say. `sharesFiles`: all pods are on one machine, and see the same files. */
export const specReader =
  (
    job: Stored<StreamJobObject>,
    hashing: Hashing,
    revisions: readonly Stored<ControllerRevision>[] = [],
    sharesFiles = false,
  ): ((written: unknown) => Wanted) =>
  (written) => {
    const { name, namespace } = identityOf(job);
    const result = checkStreamJob({ ...job, metadata: { name, namespace }, spec: written });
    if (!result.ok) {
      const [first, ...others] = result.problems;
      const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
      return { ok: false, reason: `${first?.path.join('.')}: ${first?.message ?? ''}${more}` };
    }
    const { spec } = result.job;
    if (spec.job.entry !== undefined && spec.job.code === undefined && !sharesFiles)
      return {
        ok: false,
        reason: 'spec.job.code: a cluster needs an image, a bundle or a ConfigMap with the code',
      };
    if (spec.checkpoint?.store.directory !== undefined && !sharesFiles)
      return {
        ok: false,
        reason: 'spec.checkpoint.store.directory: pods share no directory; name a bucket by s3',
      };
    const restart = job.metadata.annotations?.[annotations.restart];
    const known = revisions.map(({ metadata, data }) => ({
      name: metadata.labels?.[revisionLabel] ?? '',
      spec: (data as RevisionData).spec,
      restart: (data as RevisionData).restart,
    }));
    const status = statusIn(job);
    const carriedOut = { revision: status?.revision?.current, id: status?.restored?.id };
    return {
      ok: true,
      spec,
      written,
      restart,
      revision: wantedRevision(hashing, written, restart, known, carriedOut),
      settings: settingsName(hashing, liveSettingsOf(spec)),
    };
  };

const ofRevision = (
  object: Stored<ControllerRevision>,
  { sets, pods }: JobObjectsRead,
  viewOf: (podUid: string) => CoordinatorView | undefined,
): ObservedRevision => {
  const name = object.metadata.labels?.[revisionLabel] ?? '';
  const isOf = (role: Role) => (other: { readonly metadata: Stored<Pod>['metadata'] }) =>
    other.metadata.labels?.[revisionLabel] === name && other.metadata.labels[roleLabel] === role;
  const coordinatorPods = pods.filter(isOf('coordinator'));
  const views = coordinatorPods.flatMap(({ metadata }) => viewOf(metadata.uid) ?? []);
  return {
    name,
    object,
    data: object.data as RevisionData,
    coordinatorSet: sets.find(isOf('coordinator')),
    workerSet: sets.find(isOf('worker')),
    coordinatorPods,
    workerPods: pods.filter(isOf('worker')),
    // Two are there while one goes: the one that is heard counts, and of two that are the one of the higher term.
    view: views.toSorted(
      (one, other) =>
        Number(one.silentSinceMs !== undefined) - Number(other.silentSinceMs !== undefined) ||
        other.status.term - one.status.term,
    )[0],
  };
};

/** One look at a job. Pure. `parse`: a `specReader` of it. */
export const observe = (
  read: JobObjectsRead,
  parse: (written: unknown) => Wanted,
  viewOf: (podUid: string) => CoordinatorView | undefined,
  refusals: readonly Refusal[],
  nowMs: number,
): ObservedJob => ({
  job: read.job,
  status: statusIn(read.job),
  wanted: parse(read.job.spec),
  revisions: read.revisions
    .toSorted((one, other) => one.revision - other.revision)
    .map((object) => ofRevision(object, read, viewOf)),
  maintenancePods: read.pods.filter(({ metadata }) => metadata.labels?.[roleLabel] === maintenanceRole),
  refusals,
  nowMs,
});
