import type { EnvironmentEntry } from '../../../../runtime/src/contract/env.ts';
import { revisionName } from '../names.ts';
import type { PodParts } from './pod.ts';
import { operatorAuthorityKey, paths, ports, type RenderSettings } from './render-settings.ts';

/** A variable, as pods have it. */
export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: object;
}

const ofPod = (name: string, fieldPath: string): Variable => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
});

const values = (all: Readonly<Record<string, string | undefined>>): readonly Variable[] =>
  Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));

/** What both kinds of processes are told. */
const shared = ({ job, spec }: PodParts): Readonly<Record<string, string | undefined>> => {
  const s3 = spec.checkpoint?.store.s3;
  return {
    MILLRACE_JOB_UID: job.uid,
    MILLRACE_MANIFEST: paths.manifest,
    MILLRACE_SLOTS: String(spec.slotsPerWorker),
    MILLRACE_HEALTH_PORT: String(ports.health),
    MILLRACE_CREDENTIALS_DIRECTORY: s3?.credentials === undefined ? undefined : paths.storeCredentials,
    MILLRACE_AUTHORITY_DIRECTORY: s3?.certificateAuthority === undefined ? undefined : paths.storeAuthority,
    MILLRACE_TLS: s3 === undefined ? undefined : 'job',
    MILLRACE_TERMINATION_LOG: '/dev/termination-log',
    // Nothing else can be written to.
    TMPDIR: paths.scratch,
  };
};

export const coordinatorVariables = (
  parts: PodParts,
  { clusterId }: Pick<RenderSettings, 'clusterId'>,
): readonly Variable[] => [
  ...values({
    ...shared(parts),
    MILLRACE_LISTEN: `0.0.0.0:${ports.workers}`,
    MILLRACE_DEPLOYMENT: parts.revision,
    MILLRACE_CONTROL_HOST: '0.0.0.0',
    MILLRACE_CONTROL_PORT: String(ports.control),
    MILLRACE_LIVE: `127.0.0.1:${ports.live}`,
    MILLRACE_CONTROL_TLS_DIRECTORY: paths.controlTls,
    MILLRACE_CONTROL_CLIENT_AUTHORITY: `${paths.trust}/${operatorAuthorityKey}`,
    // The working directory of the image.
    MILLRACE_CODE_DIRECTORY: parts.spec.job.code?.image === undefined ? paths.code : '.',
    MILLRACE_NAMESPACE: parts.job.namespace,
    MILLRACE_CLUSTER_ID: clusterId,
    MILLRACE_RESTORE_SAVEPOINT: parts.savepointPlace,
  }),
  ofPod('MILLRACE_POD_UID', 'metadata.uid'),
];

export const workerVariables = (parts: PodParts): readonly Variable[] => [
  ...values({
    ...shared(parts),
    MILLRACE_COORDINATOR: `${revisionName(parts.job, parts.revision)}:${ports.workers}`,
    MILLRACE_ARTIFACTS: `${paths.scratch}/artifacts`,
  }),
  ofPod('MILLRACE_WORKER_NAME', 'metadata.uid'),
  ofPod('MILLRACE_HOST', 'status.podIP'),
];

/** The user's variables, in the two lists in which Kubernetes has them. */
export const userVariables = (
  entries: readonly EnvironmentEntry[],
): { readonly env: readonly Variable[]; readonly envFrom: readonly object[] } => ({
  env: entries.flatMap(({ name, value, valueFrom }) =>
    name === undefined
      ? []
      : [{ name, ...(valueFrom === undefined ? { value: value ?? '' } : { valueFrom }) }],
  ),
  envFrom: entries.flatMap(({ from, prefix }) =>
    from === undefined ? [] : [{ ...from, ...(prefix === undefined ? {} : { prefix }) }],
  ),
});
