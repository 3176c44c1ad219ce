/**
 * `maintenance` does in a store what no coordinator is there for any more. The operator has no credentials of any store, so a pod of its
 * own does it (`runtime/src/maintenance`), with those of the job, and leaves an answer as its termination message. Its name says what it
 * is for: asking again is the same pod. It has no owner, since a cluster that deletes an object's belongings first would take it away
 * while it works; who has begun it ends it.
 */
import { canonicalText } from '../../../runtime/src/contract/canonical-text.ts';
import type { EnvironmentEntry } from '../../../runtime/src/contract/env.ts';
import { type MaintenanceRequest, maintenanceVariable } from '../../../runtime/src/contract/maintenance.ts';
import type { ServiceAccountSettings } from '../../../runtime/src/contract/service-account.ts';
import type { CheckpointStore } from '../../../runtime/src/contract/store.ts';
import type { StreamJobSpec } from '../../../runtime/src/contract/stream-job.ts';
import type { Hashing } from '../../../runtime/src/sys/hashing.ts';
import type { Pod, ServiceAccount } from '../kube/kinds.ts';
import { userVariables } from '../streamjob/resources/environment.ts';
import {
  containerSecurity,
  mountIn,
  podSecurity,
  schedulingOf,
  scratch,
  volumesOfStore,
} from '../streamjob/resources/pod-parts.ts';
import { paths, type RenderSettings } from '../streamjob/resources/render-settings.ts';

/** The role of these pods in their labels. */
export const maintenanceRole = 'maintenance';

/** Something to be done, and as whom. */
export interface MaintenanceTask {
  readonly namespace: string;
  /** The job that it is about, which may be gone. */
  readonly job: string;
  /** Tells apart what is asked for twice: the uid of the object that it is done for. */
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly request: MaintenanceRequest;
  /** undefined = the runtime's own. */
  readonly image: string | undefined;
  readonly serviceAccount: ServiceAccountSettings | undefined;
  readonly env: readonly EnvironmentEntry[];
  readonly podTemplate: StreamJobSpec['podTemplate'];
  readonly withinMs: number;
}

export interface MaintenanceObjects {
  readonly pod: Pod;
  /** Where a cloud knows the job by annotations of its account: that one may be gone already. */
  readonly serviceAccount: ServiceAccount | undefined;
}

/** What the pod of a task is called. */
export const maintenanceName = (
  { job, uid, request }: Pick<MaintenanceTask, 'job' | 'uid' | 'request'>,
  hashing: Hashing,
): string => {
  const text = new TextEncoder().encode(canonicalText({ uid, request }));
  return `${job}-maintenance-${hashing.sha256(text).slice(0, 10)}`;
};

const variablesOf = (store: CheckpointStore, request: MaintenanceRequest) => {
  const { credentials, certificateAuthority } = store.s3 ?? {};
  return [
    { name: maintenanceVariable, value: JSON.stringify(request) },
    // Of no interest but on one machine, where a store may be a folder beside the code.
    { name: 'MILLRACE_CODE_DIRECTORY', value: paths.code },
    { name: 'MILLRACE_TERMINATION_LOG', value: '/dev/termination-log' },
    { name: 'TMPDIR', value: paths.scratch },
    ...(credentials === undefined
      ? []
      : [{ name: 'MILLRACE_CREDENTIALS_DIRECTORY', value: paths.storeCredentials }]),
    ...(certificateAuthority === undefined
      ? []
      : [{ name: 'MILLRACE_AUTHORITY_DIRECTORY', value: paths.storeAuthority }]),
  ];
};

/** It lists objects and removes them: this is enough for a million. */
const resources = { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } };

/** The objects of a task. Pure. */
export const maintenanceObjects = (
  task: MaintenanceTask,
  settings: RenderSettings,
  hashing: Hashing,
): MaintenanceObjects => {
  const { namespace, labels, request, serviceAccount: account } = task;
  const name = maintenanceName(task, hashing);
  const mounts = [scratch, ...volumesOfStore(request.store)];
  const own = variablesOf(request.store, request);
  const { env, envFrom } = userVariables(task.env);
  const metadata = { name, namespace, labels };
  const needsAccount = account?.annotations !== undefined;
  return {
    serviceAccount: needsAccount
      ? {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { ...metadata, annotations: account.annotations },
          automountServiceAccountToken: false,
        }
      : undefined,
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        // Whatever fails may be over in a moment; the time limit ends it in any case.
        restartPolicy: 'OnFailure',
        activeDeadlineSeconds: Math.max(1, Math.ceil(task.withinMs / 1000)),
        serviceAccountName: needsAccount ? name : (account?.name ?? 'default'),
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: podSecurity,
        ...schedulingOf(task),
        containers: [
          {
            name: maintenanceRole,
            image: task.image ?? settings.runtimeImage,
            imagePullPolicy: settings.imagePullPolicy,
            command: ['node', `${paths.programs}/maintenance.js`],
            env: [...env.filter((one) => own.every((other) => other.name !== one.name)), ...own],
            ...(envFrom.length === 0 ? {} : { envFrom }),
            resources,
            securityContext: containerSecurity,
            volumeMounts: mounts.map(mountIn),
            terminationMessagePolicy: 'FallbackToLogsOnError',
          },
        ],
        volumes: mounts.map(({ volume }) => volume),
      },
    },
  };
};
