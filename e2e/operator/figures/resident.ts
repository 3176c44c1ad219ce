import type { Pod } from '../../../operator/src/kube/kinds.ts';
import { type Cluster, waitFor } from '../../cluster/cluster.ts';
import { timeouts } from '../../timeouts.ts';
import { operatorNamespace } from '../installed-operator.ts';
import type { JobOnNode } from '../job-on-node.ts';

/** Figures of one round by their names, which end in their units. */
export type Figures = Record<string, number>;

/** Resident memory of the process of a container. */
const residentOf = async (
  cluster: Cluster,
  namespace: string,
  pod: string,
  container: string,
): Promise<number> => {
  const processId = await cluster.processOf(namespace, pod, container);
  const text = await cluster.inside(['cat', `/proc/${processId}/status`]);
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]) / 1024);
};

const operatorPods = async (cluster: Cluster): Promise<readonly Pod[]> => {
  const words = ['-n', operatorNamespace, 'get', 'pods', '-o', 'json'];
  const { items } = JSON.parse(await cluster.kubectl(words)) as { readonly items: readonly Pod[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
};

/** Of a job at rest, and of the operators that look after it. */
export const residentMiB = async (job: JobOnNode): Promise<Figures> => {
  const { cluster, namespace } = job;
  const sizes = async (role: 'coordinator' | 'worker'): Promise<readonly number[]> => {
    const pods = await job.pods(role);
    return await Promise.all(pods.map(({ metadata }) => residentOf(cluster, namespace, metadata.name, role)));
  };
  const [coordinator = Number.NaN] = await sizes('coordinator');
  const workers = await sizes('worker');
  const operators = await Promise.all(
    (await operatorPods(cluster)).map(({ metadata }) =>
      residentOf(cluster, operatorNamespace, metadata.name, 'operator'),
    ),
  );
  return {
    'resident.coordinatorMiB': coordinator,
    'resident.largestWorkerMiB': Math.max(...workers),
    'resident.jobMiB': coordinator + workers.reduce((total, size) => total + size, 0),
    'resident.largestOperatorMiB': Math.max(...operators),
  };
};

const holds = ({ status }: Pod, type: string): boolean =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;

/** From the start of the process of an operator to the moment at which its pod is ready. */
export const operatorFigures = async (cluster: Cluster): Promise<Figures> => {
  const [old] = await operatorPods(cluster);
  if (old === undefined) throw new Error('There is no operator.');
  const known = new Set((await operatorPods(cluster)).map(({ metadata }) => metadata.uid));
  await cluster.kubectl(['-n', operatorNamespace, 'delete', 'pod', old.metadata.name, '--wait=false']);
  const fresh = async (): Promise<Pod | undefined> =>
    (await operatorPods(cluster)).find(({ metadata }) => !known.has(metadata.uid));
  await waitFor(
    'an operator that runs',
    timeouts.firstOutputMs,
    async () => (await fresh())?.status?.phase === 'Running',
  );
  const startedMs = Date.now();
  await waitFor('an operator that is ready', timeouts.firstOutputMs, async () => {
    const pod = await fresh();
    return pod !== undefined && holds(pod, 'Ready');
  });
  return { 'operator.readyMs': Date.now() - startedMs };
};
