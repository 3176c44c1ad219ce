import type { KubeObject, ObjectMeta, ResourceType } from './objects.ts';

/** Of each kind that the operator touches: what it reads or writes of it, and where the API has it. */

export interface StreamJobObject extends KubeObject {
  readonly kind: 'StreamJob';
  /** As it was written: not checked. */
  readonly spec: unknown;
  readonly status?: unknown;
}

export interface SavepointObject extends KubeObject {
  readonly kind: 'Savepoint';
  readonly spec: unknown;
  readonly status?: unknown;
}

export interface PodTemplateSpec {
  readonly metadata: Pick<ObjectMeta, 'labels' | 'annotations'>;
  /** As `kubernetes` has it. */
  readonly spec: PodSpec;
}

/** What we say about pods goes there as it is; only these are read again. */
export interface PodSpec {
  readonly containers: readonly Readonly<Record<string, unknown>>[];
  readonly nodeName?: string | undefined;
  readonly [field: string]: unknown;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string } | undefined;
  readonly running?: object | undefined;
  readonly terminated?:
    | {
        readonly exitCode: number;
        readonly reason?: string;
        readonly message?: string;
        readonly startedAt?: string;
        readonly finishedAt?: string;
      }
    | undefined;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: ContainerState | undefined;
  readonly lastState?: ContainerState | undefined;
}

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export interface Pod extends KubeObject {
  readonly kind: 'Pod';
  readonly spec: PodSpec;
  readonly status?:
    | {
        readonly phase?: string;
        readonly podIP?: string;
        readonly reason?: string;
        readonly message?: string;
        readonly conditions?: readonly PodCondition[];
        readonly initContainerStatuses?: readonly ContainerStatus[];
        readonly containerStatuses?: readonly ContainerStatus[];
      }
    | undefined;
}

export interface ReplicaSet extends KubeObject {
  readonly kind: 'ReplicaSet';
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: PodTemplateSpec;
  };
  readonly status?:
    | {
        readonly replicas?: number;
        readonly readyReplicas?: number;
        /** ReplicaFailure: why no pod can be made, such as a quota. */
        readonly conditions?: readonly PodCondition[];
      }
    | undefined;
}

export interface Service extends KubeObject {
  readonly kind: 'Service';
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface ConfigMap extends KubeObject {
  readonly kind: 'ConfigMap';
  readonly immutable?: boolean | undefined;
  readonly data: Readonly<Record<string, string>>;
}

/** One version of the code and configuration of a job; never changed. */
export interface ControllerRevision extends KubeObject {
  readonly kind: 'ControllerRevision';
  readonly revision: number;
  readonly data: unknown;
}

export interface ServiceAccount extends KubeObject {
  readonly kind: 'ServiceAccount';
  readonly automountServiceAccountToken?: boolean | undefined;
}

export interface NetworkPolicy extends KubeObject {
  readonly kind: 'NetworkPolicy';
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface PodDisruptionBudget extends KubeObject {
  readonly kind: 'PodDisruptionBudget';
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Who of several programs acts. Times are texts with microseconds. */
export interface Lease extends KubeObject {
  readonly kind: 'Lease';
  readonly spec: {
    readonly holderIdentity?: string | undefined;
    readonly leaseDurationSeconds?: number | undefined;
    readonly acquireTime?: string | undefined;
    readonly renewTime?: string | undefined;
    readonly leaseTransitions?: number | undefined;
  };
}

/** What has happened to an object, for people to read. */
export interface Event extends KubeObject {
  readonly kind: 'Event';
  readonly involvedObject: Readonly<
    Record<'apiVersion' | 'kind' | 'name' | 'namespace' | 'resourceVersion' | 'uid', string>
  >;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count: number;
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

const core = { group: '', version: 'v1' };
const apps = { group: 'apps', version: 'v1' };
const millrace = { group: 'millrace.dev', version: 'v1alpha1' };

export const streamJobs: ResourceType<StreamJobObject> = {
  ...millrace,
  kind: 'StreamJob',
  plural: 'streamjobs',
};
export const savepoints: ResourceType<SavepointObject> = {
  ...millrace,
  kind: 'Savepoint',
  plural: 'savepoints',
};
export const pods: ResourceType<Pod> = { ...core, kind: 'Pod', plural: 'pods' };
export const services: ResourceType<Service> = { ...core, kind: 'Service', plural: 'services' };
export const configMaps: ResourceType<ConfigMap> = { ...core, kind: 'ConfigMap', plural: 'configmaps' };
export const serviceAccounts: ResourceType<ServiceAccount> = {
  ...core,
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
};
export const replicaSets: ResourceType<ReplicaSet> = { ...apps, kind: 'ReplicaSet', plural: 'replicasets' };
export const controllerRevisions: ResourceType<ControllerRevision> = {
  ...apps,
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
};
export const networkPolicies: ResourceType<NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
};
export const podDisruptionBudgets: ResourceType<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
};
export const leases: ResourceType<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
};
export const events: ResourceType<Event> = { ...core, kind: 'Event', plural: 'events' };
