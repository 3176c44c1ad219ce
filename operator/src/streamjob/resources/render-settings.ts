/**
 * `resources` makes the objects of a job from its spec, and does nothing else: no I/O, no clock, the same objects for the same
 * spec. What belongs to one version of the code (`revision-objects.ts`, with the pods of `pod.ts`) is made once, kept in a
 * ControllerRevision, and sent again byte for byte: a newer operator that would make it otherwise changes no pod. What belongs to
 * the job (`job-objects.ts`) is made anew each time.
 */

/** What the operator knows beside the spec of a job. */
export interface RenderSettings {
  /** Of jobs that bring no image of their own. */
  readonly runtimeImage: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Names this cluster in stores that several share. */
  readonly clusterId: string;
  /** Where the operator runs: from there the control API may be reached. */
  readonly operatorNamespace: string;
  /** Certificates that sign the operator's own, as PEM; several while they are exchanged. */
  readonly operatorAuthority: string;
  /** All pods are processes of one machine and see the same files: code and store may be folders of it. Absent = no. */
  readonly sharesFiles?: boolean | undefined;
}

/** `live` is reached by forwarding a pod's ports, and by nothing else. */
export const ports = { workers: 7000, control: 8443, health: 8080, live: 8081 } as const;

/** Paths inside of pods. */
export const paths = {
  configuration: '/etc/millrace',
  manifest: '/etc/millrace/job.yaml',
  code: '/opt/job',
  programs: '/opt/millrace/bin',
  controlTls: '/var/run/millrace/tls',
  trust: '/var/run/millrace/trust',
  storeCredentials: '/var/run/millrace/store',
  storeAuthority: '/var/run/millrace/store-ca',
  scratch: '/var/run/millrace/scratch',
} as const;

/** The key of the trust ConfigMap of a job. */
export const operatorAuthorityKey = 'operator-ca.crt';

/** How long a pod has to hand over what it does, in seconds. */
export const graceSeconds = 60;
