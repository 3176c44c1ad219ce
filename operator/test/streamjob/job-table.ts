import type { NextDeployment } from '../../../runtime/src/contract/control/deployment.ts';
import type { JobStatus } from '../../../runtime/src/contract/control/status.ts';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import type { CoordinatorView } from '../../src/coordinators/coordinators.ts';
import type { Pod, ReplicaSet, StreamJobObject } from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/objects.ts';
import { decide } from '../../src/streamjob/decide/decide.ts';
import type { Plan } from '../../src/streamjob/decide/plan.ts';
import { identityOf, podLabels, type Role, setName } from '../../src/streamjob/names.ts';
import { specReader } from '../../src/streamjob/observe.ts';
import type { ObservedJob, ObservedRevision } from '../../src/streamjob/observed.ts';
import type { RenderSettings } from '../../src/streamjob/resources/render-settings.ts';
import { controllerRevisionOf, renderRevision } from '../../src/streamjob/resources/revision-objects.ts';
import { revisionOf } from '../../src/streamjob/revision.ts';

/** Rows of decision tables: jobs as they may be found, told in a few words. */

export const { hashing } = createNodeSystem();

export const renderSettings: RenderSettings = {
  runtimeImage: 'localhost/millrace:dev',
  imagePullPolicy: 'Never',
  clusterId: 'cluster-1',
  operatorNamespace: 'millrace-system',
  operatorAuthority: 'PEM',
};

/** A spec as people write it, with another text in `version` for each revision. */
export const written = (version = 'one', more: Readonly<Record<string, unknown>> = {}): unknown => ({
  job: { entry: 'job.ts', code: { configMap: { name: 'code' } } },
  args: { version },
  parallelism: 2,
  checkpoint: { store: { s3: { bucket: 'snapshots', endpoint: 'http://minio:9000' } } },
  ...more,
});

export const jobWith = (
  spec: unknown,
  metadata: Partial<StreamJobObject['metadata']> = {},
): Stored<StreamJobObject> => ({
  apiVersion: 'millrace.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: {
    name: 'counts',
    namespace: 'jobs',
    uid: 'uid-1',
    resourceVersion: '1',
    generation: 1,
    finalizers: ['millrace.dev/finalizer'],
    ...metadata,
  } as Stored<StreamJobObject>['metadata'],
  spec,
});

/** What a coordinator says that was given the live settings of a spec. */
export const settingsOf = (spec: unknown): string => {
  const wanted = specReader(jobWith(spec), hashing)(spec);
  if (!wanted.ok) throw new Error(wanted.reason);
  return wanted.settings;
};

export const jobStatus = (more: Partial<JobStatus> = {}): JobStatus => ({
  name: 'counts',
  uid: 'uid-1',
  state: 'running',
  role: 'leading',
  deployment: null,
  sinceMs: 0,
  attempt: 1,
  term: 1,
  revision: null,
  runtimeVersion: '0.1.0',
  restarts: 0,
  parallelism: { desired: 2, actual: 2, maximum: 128 },
  settings: settingsOf(written()),
  lastRescale: null,
  lastUpgrade: null,
  lastCheckpoint: { id: 3, completedMs: 1000 },
  trouble: null,
  ...more,
});

export const nextDeployment = (
  phase: NextDeployment['phase'],
  more: Partial<NextDeployment> = {},
): NextDeployment => ({
  phase,
  revision: null,
  sinceMs: 0,
  compatibility: 'compatible',
  changes: [],
  heldCheckpoints: { completed: 0, wanted: 2 },
  reason: null,
  ...more,
});

export const viewOf = (
  status: Partial<JobStatus> = {},
  next: NextDeployment | undefined = nextDeployment('none'),
  more: Partial<CoordinatorView> = {},
): CoordinatorView => ({
  status: jobStatus(status),
  next,
  savepoints: [],
  spareWorkers: [],
  silentSinceMs: undefined,
  ...more,
});

/** What a standby says. */
export const standbyView = (
  phase: NextDeployment['phase'],
  more: Partial<NextDeployment> = {},
): CoordinatorView =>
  viewOf(
    { role: 'standby', state: 'created', attempt: 0, lastCheckpoint: null },
    nextDeployment(phase, more),
  );

export const revisionNameOf = (spec: unknown): string => revisionOf(hashing, spec, undefined);

const stored = <O extends object>(object: O, uid: string): O & { metadata: never } =>
  ({
    ...object,
    metadata: { ...(object as { metadata: object }).metadata, uid, resourceVersion: '1' },
  }) as never;

export interface RevisionRow {
  readonly view?: CoordinatorView | undefined;
  /** undefined = no sets. */
  readonly coordinators?: number | undefined;
  readonly workers?: number | undefined;
  readonly pods?: readonly Pod[];
}

export const revisionWith = (
  job: Stored<StreamJobObject>,
  spec: unknown,
  { view, coordinators = 1, workers = 2, pods = [] }: RevisionRow = {},
  number = 1,
): ObservedRevision => {
  const identity = identityOf(job);
  const wanted = specReader(job, hashing)(spec);
  if (!wanted.ok) throw new Error(wanted.reason);
  const name = revisionNameOf(spec);
  const data = renderRevision(identity, name, wanted, renderSettings);
  const sized = (role: Role, replicas: number): Stored<ReplicaSet> => {
    const set = data.objects[role];
    return stored({ ...set, spec: { ...set.spec, replicas } }, setName(identity, name, role));
  };
  const podsOf = (role: Role): readonly Stored<Pod>[] =>
    pods
      .filter(({ metadata }) => metadata.name.includes(role))
      .map((pod) =>
        stored(
          { ...pod, metadata: { ...pod.metadata, labels: podLabels(identity, name, role) } },
          pod.metadata.name,
        ),
      );
  return {
    name,
    object: stored(controllerRevisionOf(identity, name, number, data), name),
    data,
    coordinatorSet: sized('coordinator', coordinators),
    workerSet: sized('worker', workers),
    coordinatorPods: podsOf('coordinator'),
    workerPods: podsOf('worker'),
    view,
  };
};

export const observedWith = (
  job: Stored<StreamJobObject>,
  revisions: readonly ObservedRevision[] = [],
  status?: ObservedJob['status'],
  nowMs = 100_000,
): ObservedJob => ({
  job,
  status,
  wanted: specReader(job, hashing)(job.spec),
  revisions,
  maintenancePods: [],
  refusals: [],
  nowMs,
});

export const planOf = (observed: ObservedJob): Plan => decide(observed, specReader(observed.job, hashing));

/** A plan in a few words: what is deployed, asked and withdrawn. */
export const told = ({ actions }: Plan): readonly string[] =>
  actions.flatMap((action) => {
    switch (action.kind) {
      case 'deploy': {
        const { revision, coordinators, workers } = action.deployment;
        return [`deploy ${revision} ${coordinators}+${workers}`];
      }
      case 'wish':
        return [`ask ${action.revision} ${action.wish.operation}`];
      case 'withdraw':
        return [`withdraw ${action.revision.name}`];
      case 'record':
        return [`record ${action.revision}`];
      case 'forget':
        return [`forget ${action.revision.name}`];
      case 'finalizer':
        return [action.present ? 'hold' : 'release'];
      case 'maintain':
        return [`maintain ${action.request.operation}`];
      case 'endMaintenance':
        return ['end'];
      case 'tell':
        return [`tell ${action.notice.reason}`];
      case 'removePods':
        return [`restart ${action.revision.name}`];
      case 'renewPods':
        return [`renew ${action.pods.map(({ metadata }) => metadata.name).join(' ')}`];
      default:
        return [];
    }
  });
