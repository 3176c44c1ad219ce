import type { Cluster } from '../cluster/cluster.ts';
import { tryKubectl } from '../cluster/kubectl.ts';
import { installOperator } from './installed-operator.ts';
import { minioObjects } from './minio-objects.ts';
import { prepareSharedFolder, sharedVolumes } from './shared-folder.ts';
import { codeIn } from './workload-code.ts';

/** Pods of all changes of a scenario, each with a volume of its own. */
const mostPods = 80;

/** A namespace goes with all that is in it. What a scenario has left in the middle of something is let go first: its operator may be gone too. */
const removeNamespace = async ({ kubeconfig, kubectl }: Cluster, namespace: string): Promise<void> => {
  // There may be no such namespace, and not even the kinds.
  const attempt = async (...words: readonly string[]): Promise<string> =>
    (await tryKubectl(kubeconfig, ['-n', namespace, ...words])).output;
  for (const kind of ['savepoints', 'streamjobs']) {
    await attempt('delete', kind, '--all', '--wait=false');
    for (const name of (await attempt('get', kind, '-o', 'name')).split('\n').filter(Boolean))
      await attempt('patch', name, '--type=merge', '--patch={"metadata":{"finalizers":null}}');
  }
  // Of a stub that is gone with its namespace: the server could not tell what there is in it.
  await kubectl(['delete', 'apiservice', 'v1beta1.external.metrics.k8s.io', '--ignore-not-found']);
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  await attempt('delete', 'pods', '--all', '--force', '--grace-period=0');
  await kubectl(['wait', '--for=delete', `namespace/${namespace}`, '--timeout=90s']);
};

/**
 * Namespaces as new, under the restricted profile: each with an empty MinIO and the code of the workload, and room for pods that share a
 * folder of this machine. The operator is installed by its chart and looks after them.
 */
export const prepareNamespaces = async (
  cluster: Cluster,
  namespaces: readonly string[],
  values: readonly string[] = [],
): Promise<void> => {
  const { kubectl, apply } = cluster;
  for (const namespace of namespaces) await removeNamespace(cluster, namespace);
  await kubectl(['delete', 'persistentvolume', '--selector=millrace.dev/shared', '--wait=false']);
  prepareSharedFolder();
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await apply(
    namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })),
  );
  await apply(sharedVolumes(mostPods * namespaces.length, `${Date.now()}`));
  for (const namespace of namespaces) await apply([...minioObjects(namespace), codeIn(namespace)]);
  for (const namespace of namespaces)
    await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/minio', '--timeout=60s']);
  await installOperator(cluster, namespaces, values);
};
