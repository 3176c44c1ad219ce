import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../../operator/src/kube/kinds.ts';
import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import type { StreamJobStatus } from '../../runtime/src/contract/status.ts';
import { checkFinished, checkSoFar } from '../checkers/output.ts';
import { type Cluster, startCluster, waitFor } from '../cluster/cluster.ts';
import { lastVisibleAttempt, readOutput, visibleParts } from '../harness/job-output.ts';
import { kubeletTool } from '../harness/tools.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput } from '../workload/records.ts';
import { installOperator } from './installed-operator.ts';
import { minioObjects } from './minio-objects.ts';
import { prepareSharedFolder, sharedFolder, sharedVolumes, withSharedFolder } from './shared-folder.ts';
import { codeIn } from './workload-code.ts';
import { workloadSpec } from './workload-spec.ts';

const namespace = 'jobs';
const name = 'counts';
const recordsPerSecond = 1000;
/** Long enough for all changes of a slow machine; the job ends by itself. */
const lastsMs = 150_000;
const times = join(sharedFolder, 'times');

type Patch = Readonly<Record<string, unknown>>;

/** A job as a person has it in a file. */
const manifestOf = (spec: Patch): object => ({
  apiVersion: 'millrace.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { name, namespace },
  spec,
});

const firstSpec = (records: number): Patch => ({
  job: { entry: 'job.ts', code: { configMap: { name: 'code' } } },
  parallelism: 1,
  args: { records: `${records}`, rate: `${recordsPerSecond}`, output: sharedFolder, times },
  ...workloadSpec,
  upgrade: { stability: { held: 2, window: '2s', lag: 'Ignored' }, rollback: { timeout: '1m' } },
  resources: { memory: '512Mi', cpu: '50m' },
  podTemplate: withSharedFolder,
});

/** One job of one cluster, seen through kubectl alone. */
class JobOnNode {
  private readonly cluster: Cluster;
  private spec: Patch;

  constructor(cluster: Cluster, records: number) {
    this.cluster = cluster;
    this.spec = firstSpec(records);
  }

  /** `kubectl apply` of the file with other fields. */
  async apply(more: Patch = {}): Promise<void> {
    this.spec = { ...this.spec, ...more };
    await this.cluster.apply([manifestOf(this.spec)]);
  }

  async status(): Promise<StreamJobStatus> {
    const text = await this.cluster.kubectl(['-n', namespace, 'get', 'streamjob', name, '-o', 'json']);
    return (JSON.parse(text) as { readonly status?: StreamJobStatus }).status ?? {};
  }

  async waitUntil(
    what: string,
    isSo: (status: StreamJobStatus) => boolean,
    limitMs = 120_000,
  ): Promise<void> {
    try {
      await waitFor(what, limitMs, async () => isSo(await this.status()));
    } catch (error) {
      throw new Error(`${String(error)} ${JSON.stringify(await this.status())}`, { cause: error });
    }
  }

  /** One that runs and is not on its way out; undefined = there is none. */
  async podOf(role: 'coordinator' | 'worker'): Promise<string | undefined> {
    const selector = `--selector=millrace.dev/role=${role}`;
    const text = await this.cluster.kubectl(['-n', namespace, 'get', 'pods', selector, '-o', 'json']);
    const { items } = JSON.parse(text) as { readonly items: readonly Pod[] };
    return items.find(
      ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === 'Running',
    )?.metadata.name;
  }

  async kill(role: 'coordinator' | 'worker'): Promise<void> {
    const pod = await this.podOf(role);
    if (pod === undefined) throw new Error(`There is no ${role} to kill.`);
    await this.cluster.killContainer(namespace, pod, role);
  }
}

const inForce = ({ conditions = [] }: StreamJobStatus): boolean =>
  conditions.some(({ type, status }) => type === 'Ready' && status === 'True');

/** The longest time that no record came, since a moment, by the output's own clock. */
const longestGapMs = (sinceMs: number): number => {
  if (!existsSync(times)) return Number.NaN;
  const gaps = readFileSync(times, 'utf8')
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .filter(([from = 0, to = 0]) => to >= sinceMs && from > 0)
    .map(([from = 0, to = 0]) => to - from);
  return Math.max(0, ...gaps);
};

const prepare = async (cluster: Cluster): Promise<void> => {
  await cluster.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=90s']);
  await cluster.kubectl(['delete', 'persistentvolume', '--selector=millrace.dev/shared', '--wait=false']);
  prepareSharedFolder();
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }]);
  await cluster.apply([...minioObjects(namespace), codeIn(namespace), ...sharedVolumes(60, `${Date.now()}`)]);
  await cluster.kubectl(['-n', namespace, 'rollout', 'status', 'deployment/minio', '--timeout=60s']);
};

interface Step {
  readonly what: string;
  readonly act: (job: JobOnNode, cluster: Cluster) => Promise<void>;
  readonly isDone: (status: StreamJobStatus, before: StreamJobStatus) => boolean;
}

const version = (value: string): Patch => ({ env: [{ name: 'VERSION', value }] });

const steps: readonly Step[] = [
  {
    what: 'rescaled 1 to 2 by the file',
    act: (job) => job.apply({ parallelism: 2 }),
    isDone: (status) => status.replicas === 2 && inForce(status),
  },
  {
    what: 'worker killed',
    act: (job) => job.kill('worker'),
    isDone: (status, before) => (status.attempt ?? 0) > (before.attempt ?? 0) && inForce(status),
  },
  {
    what: 'upgraded',
    act: (job) => job.apply(version('two')),
    isDone: (status, before) => status.revision?.current !== before.revision?.current && inForce(status),
  },
  {
    what: 'coordinator killed',
    act: (job) => job.kill('coordinator'),
    isDone: (status, before) => (status.term ?? 0) > (before.term ?? 0) && inForce(status),
  },
  {
    what: 'upgrade to code that is not there: the running job untouched',
    act: (job) => job.apply({ job: { entry: 'nowhere.ts', code: { configMap: { name: 'code' } } } }),
    isDone: (status, before) =>
      status.revision?.current === before.revision?.current &&
      (status.conditions ?? []).some(({ message }) => message.includes('entry file does not exist')),
  },
  {
    what: 'and back',
    act: (job) => job.apply({ job: { entry: 'job.ts', code: { configMap: { name: 'code' } } } }),
    isDone: inForce,
  },
  {
    what: 'operator deleted, rescaled 2 to 1 by kubectl scale',
    act: async (job, cluster) => {
      await cluster.kubectl(['-n', 'millrace-system', 'delete', 'pods', '--all', '--wait=false']);
      await cluster.kubectl(['-n', namespace, 'scale', 'streamjob', name, '--replicas=1']);
      await job.apply({ parallelism: 1 });
    },
    isDone: (status) => status.replicas === 1 && inForce(status),
  },
  {
    what: 'suspended',
    act: (job) => job.apply({ state: 'Suspended' }),
    isDone: (status) => status.phase === 'Suspended' && inForce(status),
  },
  {
    what: 'resumed',
    act: (job) => job.apply({ state: 'Running' }),
    isDone: (status) => status.phase === 'Running' && inForce(status),
  },
];

/** What a person does to a job through its file, and what happens to its pods meanwhile; its output must be that of a job left alone. */
export const operatorChangesJob: Scenario = {
  name: 'exactly-once.operator-changes-job',
  tool: kubeletTool,
  run: async ({ print }) => {
    const records = (recordsPerSecond * lastsMs) / 1000;
    const golden = expectedOutput(records);
    const cluster = await startCluster();
    await prepare(cluster);
    await installOperator(cluster, namespace);
    const job = new JobOnNode(cluster, records);
    const appliedMs = Date.now();
    await job.apply();
    await waitFor('the first output', timeouts.firstOutputMs, () => lastVisibleAttempt(sharedFolder) > 0);
    print(`first output ${Date.now() - appliedMs} ms after the file was applied`);
    await job.waitUntil('the job is in force', inForce);
    const findings: Finding[] = [];
    for (const { what, act, isDone } of steps) {
      const before = await job.status();
      const parts = visibleParts(sharedFolder).length;
      const begunMs = Date.now();
      await act(job, cluster);
      await job.waitUntil(what, (status) => isDone(status, before));
      const doneMs = Date.now();
      if (what !== 'suspended')
        await waitFor(
          `output after: ${what}`,
          timeouts.firstOutputMs,
          () => visibleParts(sharedFolder).length > parts,
        );
      const { lastPause } = await job.status();
      print(
        `${what}: in force after ${doneMs - begunMs} ms; records stood still for ${longestGapMs(begunMs)} ms at most; lastPause ${lastPause}`,
      );
      findings.push(...checkSoFar(readOutput(sharedFolder), golden));
      if (findings.length > 0) break;
    }
    const isWhole = (): boolean => checkFinished(readOutput(sharedFolder), golden).length === 0;
    if (findings.length === 0) {
      await waitFor('the whole output', lastsMs + timeouts.finishMs, isWhole).catch(() =>
        findings.push(...checkFinished(readOutput(sharedFolder), golden)),
      );
      await job.waitUntil('the job is finished', ({ phase }) => phase === 'Finished');
      await cluster.kubectl(['-n', namespace, 'delete', 'streamjob', name, '--timeout=60s']);
      await waitFor('no pods of the job', 60_000, async () => (await job.podOf('worker')) === undefined);
      print('deleted, and nothing is left');
    }
    return { findings, faults: steps.length, recoveriesMs: [] };
  },
};
