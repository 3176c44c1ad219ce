import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/cluster.ts';
import { clusterFolder } from '../harness/tools.ts';

export const operatorNamespace = 'millrace-system';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @throws Error with what helm says when it ends with anything but 0 */
const helm = (kubeconfig: string, words: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    execFile(join(clusterFolder, 'bin/helm'), words, { env, cwd: root }, (error, output, errors) => {
      if (error === null) resolve(output);
      else reject(new Error(`helm ${words.join(' ')}: ${errors.slice(-2000)}`, { cause: error }));
    });
  });

/** Puts the definitions and the operator on the node by their charts, as a person would; it looks after some namespaces. */
export const installOperator = async (
  { kubeconfig, kubectl }: Cluster,
  namespaces: readonly string[],
  more: readonly string[] = [],
): Promise<void> => {
  const upgrade = (release: string, chart: string, words: readonly string[] = []): Promise<string> =>
    helm(kubeconfig, [
      'upgrade',
      '--install',
      release,
      `charts/${chart}`,
      '--namespace',
      operatorNamespace,
      '--create-namespace',
      // A scenario that has failed may have left another number of replicas.
      '--force-conflicts',
      ...words,
    ]);
  await upgrade('millrace-crds', 'millrace-crds');
  await kubectl(['wait', '--for=condition=Established', 'crd/streamjobs.millrace.dev', '--timeout=30s']);
  const values = [
    'operator.image=localhost/millrace-operator:dev',
    'operator.imagePullPolicy=Never',
    'operator.resources.requests.cpu=10m',
    'operator.logLevel=debug',
    'runtime.image=localhost/millrace-runtime:dev',
    'runtime.imagePullPolicy=Never',
    'clusterId=tests',
    `watchNamespaces={${namespaces.join(',')}}`,
    ...more,
  ];
  await upgrade(
    'millrace',
    'millrace',
    values.flatMap((value) => ['--set', value]),
  );
  await kubectl(['-n', operatorNamespace, 'rollout', 'status', 'deployment/millrace', '--timeout=90s']);
};
