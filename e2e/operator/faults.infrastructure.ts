import { waitFor } from '../cluster/cluster.ts';
import { tryKubectl } from '../cluster/kubectl.ts';
import { pause } from '../harness/wait.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { operatorNamespace } from './installed-operator.ts';
import { isInForce, type JobOnNode } from './job-on-node.ts';
import { type Step, stepByStep } from './steps.ts';

const limitMs = 120_000;
/** How long the operator is away, and how often a worker is killed meanwhile. */
const awayMs = 120_000;
const killEveryMs = 20_000;

const newAttempt: Step['isDone'] = (status, before) =>
  (status.attempt ?? 0) > (before.attempt ?? 0) && isInForce(status);

const newTerm: Step['isDone'] = (status, before) =>
  (status.term ?? 0) > (before.term ?? 0) && isInForce(status);

/** Its container: the disk of the pod stays. */
const killStore = async (job: JobOnNode): Promise<void> => {
  const name = await job.kubectl(
    'get',
    'pods',
    '--selector=app=minio',
    '-o',
    'jsonpath={.items[0].metadata.name}',
  );
  await job.cluster.killContainer(job.namespace, name, 'minio');
};

/** Operators, or none. */
const scaleOperator = async ({ cluster }: JobOnNode, replicas: number): Promise<void> => {
  const words = ['-n', operatorNamespace, 'scale', 'deployment/millrace', `--replicas=${replicas}`];
  await cluster.kubectl(words);
  const pods = async (): Promise<string> =>
    await cluster.kubectl(['-n', operatorNamespace, 'get', 'pods', '-o', 'name']);
  if (replicas === 0) await waitFor('no operator', limitMs, async () => (await pods()) === '');
};

/** As a drain of the node asks for it; a budget that does not allow it is asked again. */
const evict = async (job: JobOnNode, pod: string): Promise<void> => {
  const { cluster, namespace } = job;
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod, namespace },
  };
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
  await waitFor(`the eviction of ${pod}`, limitMs, async () => {
    const { code } = await tryKubectl(
      cluster.kubeconfig,
      ['create', '--raw', path, '-f', '-'],
      JSON.stringify(eviction),
    );
    return code === 0;
  });
};

/** Until a node that is silent is given up, and then the time that pods put up with that. */
const givenUpWithinMs = 180_000;

/**
 * The node as the cluster sees it when its machine dies: the kubelet is silent, and nothing of the job runs any more. There is no other node, so its pods find a
 * place only when this one is back; that they are given up and made again meanwhile is what is waited for.
 */
const loseNode = async (job: JobOnNode): Promise<void> => {
  const { cluster, namespace } = job;
  const lost = await job.pods();
  const processes = await Promise.all(
    lost.map(({ metadata: { name, labels } }) =>
      cluster.processOf(namespace, name, labels?.['millrace.dev/role'] ?? ''),
    ),
  );
  await cluster.stop('kubelet');
  await cluster.inside(['kill', '-9', ...processes]);
  const lostUids = new Set(lost.map(({ metadata }) => metadata.uid));
  await waitFor('all pods are made again', givenUpWithinMs, async () => {
    const there = await job.pods();
    return there.length === lost.length && there.every(({ metadata }) => !lostUids.has(metadata.uid));
  });
  await cluster.start('kubelet');
};

const steps: readonly Step[] = [
  { what: 'store killed', act: killStore, isDone: isInForce },
  {
    what: 'API server restarted',
    act: ({ cluster }) => cluster.restart('apiserver'),
    isDone: isInForce,
  },
  {
    what: 'rescaled 2 to 3 behind it',
    act: (job) => job.apply({ parallelism: 3 }),
    isDone: (status) => status.replicas === 3 && isInForce(status),
  },
  {
    what: 'API server killed while a worker dies',
    act: async (job) => {
      const worker = await job.podOf('worker');
      const processId = await job.cluster.processOf(job.namespace, worker, 'worker');
      await job.cluster.stop('apiserver');
      await job.cluster.inside(['kill', '-9', processId]);
      await pause(killEveryMs / 2);
      await job.cluster.start('apiserver');
    },
    isDone: newAttempt,
  },
  { what: 'coordinator pod deleted', act: (job) => job.deletePod('coordinator'), isDone: newTerm },
  {
    what: 'no operator for two minutes, workers killed meanwhile',
    act: async (job) => {
      await scaleOperator(job, 0);
      const untilMs = performance.now() + awayMs;
      while (performance.now() < untilMs) {
        await job.kill('worker');
        await pause(killEveryMs);
      }
      await scaleOperator(job, 2);
    },
    isDone: newAttempt,
  },
  {
    what: 'every pod evicted, one after the other',
    act: async (job) => {
      const pods = await job.pods();
      for (const { metadata } of pods) {
        await evict(job, metadata.name);
        const isGone = async (): Promise<boolean> =>
          (await job.pods()).every(({ metadata: { uid } }) => uid !== metadata.uid);
        await waitFor(`${metadata.name} on its way out`, limitMs, isGone);
        await job.waitUntil('the job is in force again', isInForce);
      }
    },
    isDone: newAttempt,
  },
  { what: 'the node is lost, and comes back', act: loseNode, isDone: newAttempt },
];

/** What a job stands on fails, and comes back. */
export const infrastructureFaults: Scenario = stepByStep({
  name: 'faults.infrastructure',
  parallelism: 2,
  steps,
});
