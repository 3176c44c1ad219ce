import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { SeededRandom } from '../../runtime/sim/random.ts';
import { checkFinished, checkSoFar } from '../checkers/output.ts';
import { type Cluster, startCluster, waitFor } from '../cluster/cluster.ts';
import { lastVisibleAttempt, readOutput, visibleParts } from '../harness/job-output.ts';
import { kubeletTool } from '../harness/tools.ts';
import { pause } from '../harness/wait.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput } from '../workload/records.ts';
import { type JobByHand, jobByHand } from './by-hand.ts';
import { minioObjects } from './minio-objects.ts';
import { prepareSharedFolder, sharedFolder } from './shared-folder.ts';
import { workloadSpec } from './workload-spec.ts';

const namespace = 'pods';
const recordsPerSecond = 2000;
const shortestMs = 4000;
const longestMs = 8000;

type Fault = 'worker killed' | 'worker pod deleted' | 'coordinator killed' | 'coordinator pod deleted';
const faults: readonly Fault[] = [
  'worker killed',
  'worker pod deleted',
  'coordinator killed',
  'coordinator pod deleted',
];

/** Nobody needs what the pods would hand over. */
const remove = async (cluster: Cluster): Promise<void> => {
  await cluster.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  const pods = ['--namespace', namespace, 'delete', 'pods', '--all', '--force', '--grace-period=0'];
  await cluster.kubectl(pods);
  await cluster.kubectl(['wait', '--for=delete', `namespace/${namespace}`, '--timeout=60s']);
};

const prepare = async (cluster: Cluster): Promise<void> => {
  await remove(cluster);
  prepareSharedFolder();
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  await cluster.apply(minioObjects(namespace));
  await cluster.kubectl(['-n', namespace, 'rollout', 'status', 'deployment/minio', '--timeout=60s']);
};

const jobOf = (records: number): JobByHand =>
  jobByHand({
    namespace,
    name: 'counts',
    sharedFolder,
    spec: {
      job: { entry: 'job.ts' },
      parallelism: 2,
      args: { records: `${records}`, rate: `${recordsPerSecond}`, output: sharedFolder },
      ...workloadSpec,
      resources: { memory: '512Mi', cpu: '100m' },
    },
  });

const podOf = async (cluster: Cluster, random: SeededRandom, role: string): Promise<string> => {
  const text = await cluster.kubectl([
    '--namespace',
    namespace,
    'get',
    'pods',
    `--selector=millrace.dev/role=${role}`,
    '--field-selector=status.phase=Running',
    '--output=jsonpath={.items[*].metadata.name}',
  ]);
  return random.pick(text.split(' '));
};

const act = async (cluster: Cluster, random: SeededRandom, fault: Fault): Promise<void> => {
  const role = fault.startsWith('worker') ? 'worker' : 'coordinator';
  const pod = await podOf(cluster, random, role);
  if (fault.endsWith('pod deleted'))
    await cluster.kubectl(['-n', namespace, 'delete', 'pod', pod, '--wait=false']);
  else await cluster.killContainer(namespace, pod, role);
};

/** Workers of another attempt go on; a coordinator goes on with the same workers, and then something new can be seen. */
const hasRecovered = (fault: Fault): (() => boolean) => {
  const attempt = lastVisibleAttempt(sharedFolder);
  const parts = visibleParts(sharedFolder).length;
  return fault.startsWith('worker')
    ? () => lastVisibleAttempt(sharedFolder) > attempt
    : () => visibleParts(sharedFolder).length > parts;
};

/** Kills and deletes pods of a job on a real node again and again; what it leaves must be what it leaves undisturbed. */
export const killPods: Scenario = {
  name: 'exactly-once.kill-pods',
  tool: kubeletTool,
  run: async ({ seed, faultsMs, print }) => {
    const random = new SeededRandom(seed);
    const records = Math.ceil((recordsPerSecond * (faultsMs + timeouts.settleMs)) / 1000);
    const golden = expectedOutput(records);
    const cluster = await startCluster();
    await prepare(cluster);
    const appliedMs = Date.now();
    await cluster.apply(jobOf(records).objects);
    await waitFor('the first output', timeouts.firstOutputMs, () => lastVisibleAttempt(sharedFolder) > 0);
    print(`first output ${Date.now() - appliedMs} ms after the objects were applied`);
    const findings: Finding[] = [];
    const recoveriesMs: number[] = [];
    const untilMs = performance.now() + faultsMs;
    for (let count = 0; performance.now() < untilMs && findings.length === 0; count++) {
      await pause(random.between(shortestMs, longestMs));
      const fault = faults[count % faults.length] as Fault;
      await act(cluster, random, fault);
      const begunMs = Date.now();
      await waitFor(`output after: ${fault}`, timeouts.firstOutputMs, hasRecovered(fault));
      recoveriesMs.push(Date.now() - begunMs);
      print(`${fault}: output again after ${Date.now() - begunMs} ms`);
      findings.push(...checkSoFar(readOutput(sharedFolder), golden));
    }
    const isWhole = (): boolean => checkFinished(readOutput(sharedFolder), golden).length === 0;
    if (findings.length === 0)
      await waitFor('the whole output', timeouts.finishMs, isWhole).catch(() =>
        findings.push(...checkFinished(readOutput(sharedFolder), golden)),
      );
    if (findings.length === 0) await remove(cluster);
    return { findings, faults: recoveriesMs.length, recoveriesMs };
  },
};
