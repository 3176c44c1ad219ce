import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import { type AccessSource, rereadAccess } from './access.ts';

/** Variables of a process, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Where the kubelet puts what a pod shows to the API server; MILLRACE_SERVICE_ACCOUNT_DIRECTORY says so of a program that is in no pod. */
export const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

export const isInCluster = (variables: Variables): boolean =>
  variables['KUBERNETES_SERVICE_HOST'] !== undefined && variables['KUBERNETES_SERVICE_PORT'] !== undefined;

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/**
 * How a pod reaches the API server of its cluster. Read here and not by client-node, whose import alone takes 90 MB of memory and a
 * third of a second (it loads the generated API of all of Kubernetes with its configuration): the operator has 128 MiB in all.
 */
export const inClusterAccess = (
  { clock, files }: Pick<System, 'clock' | 'files'>,
  variables: Variables,
  directory: string = variables['MILLRACE_SERVICE_ACCOUNT_DIRECTORY'] ?? serviceAccountDirectory,
): AccessSource => {
  const origin = `https://${bracketed(variables['KUBERNETES_SERVICE_HOST'] ?? '')}:${variables['KUBERNETES_SERVICE_PORT']}`;
  const read = (name: string): string => {
    try {
      return files.readText(`${directory}/${name}`);
    } catch (cause) {
      throw new MillraceError('io', `The file ${directory}/${name} of the service account cannot be read.`, {
        hint: 'Let the pod have a service account with automountServiceAccountToken: true.',
        cause,
      });
    }
  };
  return rereadAccess(clock, async () => ({
    origin,
    headers: { authorization: `Bearer ${read('token').trim()}` },
    tls: { authority: read('ca.crt') },
  }));
};
