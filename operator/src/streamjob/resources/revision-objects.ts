import {
  type StreamJobSpec,
  streamJobApiVersion,
  streamJobKind,
} from '../../../../runtime/src/contract/stream-job.ts';
import type { ConfigMap, ControllerRevision, ReplicaSet, Service } from '../../kube/kinds.ts';
import type { JobIdentity, Role } from '../names.ts';
import { ownedBy, podLabels, revisionLabels, revisionName, setName } from '../names.ts';
import type { Wanted } from '../observed.ts';
import { podTemplateOf } from './pod.ts';
import { ports, type RenderSettings } from './render-settings.ts';

/** All that a revision is made of, as a ControllerRevision keeps it. */
export interface RevisionData {
  /** What the user had written under spec. */
  readonly spec: unknown;
  readonly restart?: string | undefined;
  readonly slotsPerWorker: number;
  readonly objects: {
    readonly configMap: ConfigMap;
    readonly service: Service;
    readonly coordinator: ReplicaSet;
    readonly worker: ReplicaSet;
  };
}

/** A manifest for `millrace run`, which the pods of this revision read. What is JSON is YAML too. */
const manifestOf = ({ name, namespace }: JobIdentity, spec: StreamJobSpec): string => {
  const manifest = {
    apiVersion: streamJobApiVersion,
    kind: streamJobKind,
    metadata: { name, namespace },
    spec,
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
};

const metadataOf = (job: JobIdentity, revision: string, name: string) => ({
  name,
  namespace: job.namespace,
  labels: revisionLabels(job, revision),
  ownerReferences: ownedBy(job),
});

const setOf = (
  job: JobIdentity,
  revision: string,
  role: Role,
  template: ReplicaSet['spec']['template'],
): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    ...metadataOf(job, revision, setName(job, revision, role)),
    labels: podLabels(job, revision, role),
  },
  spec: { replicas: 0, selector: { matchLabels: podLabels(job, revision, role) }, template },
});

/** Makes a revision. */
export const renderRevision = (
  job: JobIdentity,
  revision: string,
  {
    written,
    restart,
    spec,
    savepointPlace,
  }: Pick<Extract<Wanted, { readonly ok: true }>, 'written' | 'restart' | 'spec' | 'savepointPlace'>,
  settings: RenderSettings,
): RevisionData => {
  const parts = { job, revision, spec, savepointPlace };
  return {
    spec: written,
    ...(restart === undefined ? {} : { restart }),
    slotsPerWorker: spec.slotsPerWorker,
    objects: {
      configMap: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: metadataOf(job, revision, revisionName(job, revision)),
        immutable: true,
        data: { 'job.yaml': manifestOf(job, spec) },
      },
      service: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: metadataOf(job, revision, revisionName(job, revision)),
        spec: {
          // Workers call before the coordinator is ready, and it is ready because they have called.
          publishNotReadyAddresses: true,
          selector: podLabels(job, revision, 'coordinator'),
          ports: [{ name: 'workers', port: ports.workers, targetPort: 'workers' }],
        },
      },
      coordinator: setOf(job, revision, 'coordinator', podTemplateOf(parts, 'coordinator', settings)),
      worker: setOf(job, revision, 'worker', podTemplateOf(parts, 'worker', settings)),
    },
  };
};

/** `number`: higher than that of every revision before. */
export const controllerRevisionOf = (
  job: JobIdentity,
  revision: string,
  number: number,
  data: RevisionData,
): ControllerRevision => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: metadataOf(job, revision, revisionName(job, revision)),
  revision: number,
  data,
});
