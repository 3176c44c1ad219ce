import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import type { PodTemplateSpec } from '../../kube/kinds.ts';
import { type JobIdentity, podLabels, type Role, revisionName, trustName } from '../names.ts';
import { coordinatorVariables, userVariables, workerVariables } from './environment.ts';
import {
  containerSecurity,
  type Mount,
  mountIn,
  podSecurity,
  schedulingOf,
  scratch,
  volumesOfStore,
} from './pod-parts.ts';
import { graceSeconds, paths, ports, type RenderSettings } from './render-settings.ts';

/** What the pods of a revision are made from. */
export interface PodParts {
  readonly job: JobIdentity;
  readonly revision: string;
  readonly spec: StreamJobSpec;
  /** Where the savepoint lies that the job is to go back to. */
  readonly savepointPlace?: string | undefined;
}

const controlTls: Mount = {
  volume: { name: 'control-tls', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
  path: paths.controlTls,
};

const manifestOf = ({ job, revision }: PodParts): Mount => ({
  volume: { name: 'manifest', configMap: { name: revisionName(job, revision) } },
  path: paths.configuration,
});

const codeOf = ({ spec }: PodParts): readonly Mount[] => {
  const { configMap, bundle } = spec.job.code ?? {};
  if (bundle !== undefined) return [{ volume: { name: 'code', emptyDir: {} }, path: paths.code }];
  return configMap === undefined
    ? []
    : [{ volume: { name: 'code', configMap: { name: configMap.name } }, path: paths.code }];
};

const mountsOf = (parts: PodParts, role: Role): readonly Mount[] =>
  role === 'worker'
    ? [manifestOf(parts), scratch, ...volumesOfStore(parts.spec.checkpoint?.store)]
    : [
        manifestOf(parts),
        scratch,
        controlTls,
        { volume: { name: 'trust', configMap: { name: trustName(parts.job) } }, path: paths.trust },
        ...codeOf(parts),
        ...volumesOfStore(parts.spec.checkpoint?.store),
      ];

const probe = (path: string, periodSeconds: number, failureThreshold: number): object => ({
  httpGet: { path, port: 'health' },
  periodSeconds,
  failureThreshold,
  timeoutSeconds: 2,
});

/**
 * What Node is started with. Little of what a coordinator makes lives long: V8 would give what is new 50 MiB, and keep them. Slots have threads, whose
 * heaps are sized by the memory of their pod.
 */
const engineFlags: Readonly<Record<Role, readonly string[]>> = {
  coordinator: ['--max-semi-space-size=2'],
  worker: [],
};

/** A coordinator holds no records: this is enough for hundreds of slots. */
const coordinatorResources = {
  requests: { cpu: '50m', memory: '192Mi' },
  limits: { memory: '512Mi' },
};

const resourcesOf = ({ resources: { cpu, memory } }: StreamJobSpec, role: Role): object =>
  role === 'coordinator' ? coordinatorResources : { requests: { cpu, memory }, limits: { memory } };

const mainContainer = (parts: PodParts, role: Role, settings: RenderSettings): Record<string, unknown> => {
  const { spec } = parts;
  const own = role === 'coordinator' ? coordinatorVariables(parts, settings) : workerVariables(parts);
  const { env, envFrom } = userVariables(spec.env);
  const userMounts = spec.podTemplate?.volumeMounts ?? [];
  const namedPorts =
    role === 'coordinator'
      ? [
          { name: 'workers', containerPort: ports.workers },
          { name: 'control', containerPort: ports.control },
        ]
      : [];
  return {
    name: role,
    image: spec.job.code?.image ?? settings.runtimeImage,
    imagePullPolicy: settings.imagePullPolicy,
    command: ['node', ...engineFlags[role], `${paths.programs}/${role}.js`],
    // Nobody may say ours otherwise; and a name may be there once.
    env: [...env.filter(({ name }) => own.every((other) => other.name !== name)), ...own],
    ...(envFrom.length === 0 ? {} : { envFrom }),
    ports: [...namedPorts, { name: 'health', containerPort: ports.health }],
    resources: resourcesOf(spec, role),
    securityContext: containerSecurity,
    volumeMounts: [...mountsOf(parts, role).map(mountIn), ...userMounts],
    livenessProbe: probe('/healthz', 10, 6),
    readinessProbe: probe('/readyz', 1, 1),
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
};

/** Makes the key of the control API and tells its fingerprint, which the operator reads from the status of the pod. */
const certificateContainer = (
  parts: PodParts,
  { runtimeImage, imagePullPolicy }: RenderSettings,
): object => ({
  name: 'certificate',
  image: parts.spec.job.code?.image ?? runtimeImage,
  imagePullPolicy,
  command: ['node', `${paths.programs}/certificate.js`],
  env: [{ name: 'MILLRACE_CONTROL_TLS_DIRECTORY', value: paths.controlTls }],
  resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } },
  securityContext: containerSecurity,
  volumeMounts: [{ name: controlTls.volume.name, mountPath: controlTls.path }],
});

/** Fetches the code of a bundle, where there is one: the coordinator alone loads it, and hands it on to workers. */
const bundleContainers = (
  parts: PodParts,
  { runtimeImage, imagePullPolicy }: RenderSettings,
): readonly object[] => {
  const { bundle } = parts.spec.job.code ?? {};
  if (bundle === undefined) return [];
  return [
    {
      name: 'code',
      image: runtimeImage,
      imagePullPolicy,
      command: ['node', `${paths.programs}/fetch-bundle.js`],
      env: [
        { name: 'MILLRACE_BUNDLE_URL', value: bundle.url },
        { name: 'MILLRACE_BUNDLE_SHA256', value: bundle.sha256 },
        { name: 'MILLRACE_CODE_DIRECTORY', value: paths.code },
      ],
      resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '384Mi' } },
      securityContext: containerSecurity,
      volumeMounts: codeOf(parts).map((mount) => mountIn({ ...mount, isWritable: true })),
    },
  ];
};

const sidecarsOf = ({ podTemplate }: StreamJobSpec): readonly Record<string, unknown>[] =>
  (podTemplate?.sidecars ?? []).map(({ env, resources, ...sidecar }) => ({
    ...sidecar,
    ...userVariables(env),
    resources: { requests: resources, limits: { memory: resources.memory } },
    securityContext: containerSecurity,
  }));

/** The pods of one kind of a revision. */
export const podTemplateOf = (parts: PodParts, role: Role, settings: RenderSettings): PodTemplateSpec => {
  const { job, revision, spec } = parts;
  const { labels = {}, annotations = {}, volumes = [] } = spec.podTemplate ?? {};
  const isCoordinator = role === 'coordinator';
  return {
    metadata: {
      labels: { ...labels, ...podLabels(job, revision, role) },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      serviceAccountName: spec.serviceAccount?.name ?? job.name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: graceSeconds,
      securityContext: podSecurity,
      ...schedulingOf(spec),
      ...(isCoordinator
        ? { initContainers: [certificateContainer(parts, settings), ...bundleContainers(parts, settings)] }
        : {}),
      containers: [mainContainer(parts, role, settings), ...(isCoordinator ? [] : sidecarsOf(spec))],
      volumes: [...mountsOf(parts, role).map(({ volume }) => volume), ...volumes],
    },
  };
};
