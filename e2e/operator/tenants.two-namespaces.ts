import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../../operator/src/kube/kinds.ts';
import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { checkFinished } from '../checkers/output.ts';
import { type Cluster, startCluster, waitFor } from '../cluster/cluster.ts';
import { readOutput } from '../harness/job-output.ts';
import { kubeletTool } from '../harness/tools.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { expectedOutput } from '../workload/records.ts';
import { isInForce, JobOnNode } from './job-on-node.ts';
import { dropPolicies, enforcePolicies } from './policy-enforcer.ts';
import { prepareNamespaces } from './prepared-namespaces.ts';
import { probePod } from './probe-pod.ts';
import { sharedFolder } from './shared-folder.ts';
import { workloadJob } from './workload-spec.ts';

const namespaces = ['jobs', 'others'] as const;
const records = 60_000;

/** The same name in each namespace: nothing but the namespace tells them apart. */
const jobIn = (cluster: Cluster, namespace: string): JobOnNode => {
  const output = join(sharedFolder, namespace);
  mkdirSync(output);
  chmodSync(output, 0o777);
  const spec = workloadJob({ parallelism: 2, records, recordsPerSecond: 1000 });
  const args = { records: `${records}`, rate: '1000', output };
  const deadLetter = { policy: 'DeadLetter', path: join(output, 'letters') };
  return new JobOnNode({ cluster, namespace, name: 'counts', spec: { ...spec, args, deadLetter } });
};

/** Workers, control, and metrics with probes; a worker has its data port anywhere. */
const ports = [7000, 8080, 8443];

const doorsOf = (pods: readonly Pod[]): readonly string[] =>
  pods.flatMap(({ status }) => ports.map((port) => `${status?.podIP}:${port}`));

/** A stranger in the other namespace tries every port of every pod of a job. */
const reachedFrom = async (cluster: Cluster, namespace: string, pods: readonly Pod[]): Promise<string[]> => {
  await cluster.kubectl(['-n', namespace, 'delete', 'pod', 'probe', '--ignore-not-found', '--force']);
  await cluster.apply([probePod(namespace, doorsOf(pods))]);
  await waitFor('the pod of the probe', 60_000, async () => {
    const words = ['-n', namespace, 'get', 'pod', 'probe', '-o', 'jsonpath={.status.phase}'];
    return ['Succeeded', 'Failed'].includes(await cluster.kubectl(words));
  });
  const text = await cluster.kubectl(['-n', namespace, 'logs', 'probe']);
  return text.split('\n').filter(Boolean);
};

const tell = (checker: string, what: string): Finding => ({ checker, what });

/** Two jobs of one name under one operator: nobody of the one namespace reaches the other's, and each puts out what it would alone. */
export const twoNamespaces: Scenario = {
  name: 'tenants.two-namespaces',
  tool: kubeletTool,
  run: async ({ print }) => {
    const cluster = await startCluster();
    await dropPolicies(cluster);
    await prepareNamespaces(cluster, namespaces);
    const jobs = namespaces.map((namespace) => jobIn(cluster, namespace));
    const findings: Finding[] = [];
    try {
      for (const job of jobs) await job.apply();
      for (const job of jobs) await job.waitUntil('the job is in force', isInForce);
      const [one, other] = jobs as [JobOnNode, JobOnNode];
      const pods = await one.pods();
      const before = await reachedFrom(cluster, other.namespace, pods);
      print(`without a network plugin a stranger reaches ${before.length} of ${doorsOf(pods).length} ports`);
      if (before.length === 0) findings.push(tell('probe', 'it reached nothing where nothing hinders it'));
      const rules = await enforcePolicies(cluster);
      for (const reached of await reachedFrom(cluster, other.namespace, pods))
        findings.push(tell('network', `a stranger reached ${reached}`));
      for (const reached of await reachedFrom(cluster, one.namespace, pods))
        findings.push(tell('network', `a stranger in the namespace of the job reached ${reached}`));
      print(`with ${rules.length} rules of its policies: ${findings.length} reached`);
      // The operator and the pods of the job still reach each other: also by connections that are made now.
      await one.kill('coordinator');
      await one.waitUntil('another term', ({ term = 0, ...status }) => term > 1 && isInForce(status));
      for (const job of jobs) await job.waitUntil('the job is finished', ({ phase }) => phase === 'Finished');
      for (const { namespace } of jobs)
        findings.push(...checkFinished(readOutput(join(sharedFolder, namespace)), expectedOutput(records)));
    } finally {
      await dropPolicies(cluster);
    }
    return { findings, faults: 1, recoveriesMs: [] };
  },
};
