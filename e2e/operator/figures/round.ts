import { join } from 'node:path';
import type { StreamJobStatus } from '../../../runtime/src/contract/status.ts';
import { type Cluster, waitFor } from '../../cluster/cluster.ts';
import { firstMomentSince, longestPauseMs } from '../../harness/moments.ts';
import { pause } from '../../harness/wait.ts';
import { timeouts } from '../../timeouts.ts';
import { type Fields, isInForce, JobOnNode } from '../job-on-node.ts';
import { prepareNamespaces } from '../prepared-namespaces.ts';
import { sharedFolder, withSharedFolder } from '../shared-folder.ts';
import { codeIn } from '../workload-code.ts';
import { workloadSpec } from '../workload-spec.ts';
import { checkCounts } from './published-counts.ts';
import { type Figures, operatorFigures, residentMiB } from './resident.ts';
import { WatchedJob } from './watched-job.ts';

const namespace = 'jobs';
const name = 'counting';
const moments = join(sharedFolder, 'moments');
/** Several checkpoints: what is done next meets a job at rest. */
const restMs = 6000;

const spec: Fields = {
  job: { entry: 'counting.ts', code: { configMap: { name: 'counting' } } },
  parallelism: 2,
  args: { rate: '5000', output: sharedFolder, moments },
  checkpoint: workloadSpec.checkpoint,
  restart: workloadSpec.restart,
  upgrade: { stability: { held: 2, window: '2s', lag: 'Ignored' } },
  resources: { memory: '512Mi', cpu: '50m' },
  podTemplate: withSharedFolder,
};

/** From the last output that was published before a moment to the first behind the longest time without any. */
const longestCommitGapMs = (watched: WatchedJob, sinceMs: number): number => {
  const commits = watched.commitsSince(sinceMs - restMs);
  return commits.reduce((longest, atMs, i) => {
    const before = commits[i - 1];
    return before === undefined || atMs < sinceMs ? longest : Math.max(longest, atMs - before);
  }, 0);
};

interface Change {
  /** The start of the names of its figures. */
  readonly what: string;
  readonly act: (job: JobOnNode) => Promise<void>;
  readonly isDone: (status: StreamJobStatus, before: StreamJobStatus) => boolean;
  /** What its status tells of it. */
  readonly told?: (status: StreamJobStatus) => Figures;
}

/** How long records and what is published stood still, and when the status said that it is done. */
const measure = async (watched: WatchedJob, { what, act, isDone, told }: Change): Promise<Figures> => {
  await pause(restMs);
  const before = watched.status;
  const sinceMs = Date.now();
  await act(watched.job);
  const doneMs = await watched.when(what, sinceMs, (status) => isDone(status, before));
  await waitFor(
    `output after: ${what}`,
    timeouts.firstOutputMs,
    () => watched.commitsSince(doneMs).length > 0,
  );
  await pause(restMs);
  return {
    [`${what}.recordsPauseMs`]: longestPauseMs(moments, sinceMs),
    [`${what}.publishedPauseMs`]: longestCommitGapMs(watched, sinceMs),
    [`${what}.statusMs`]: doneMs - sinceMs,
    ...told?.(watched.status),
  };
};

const newAttempt: Change['isDone'] = (status, before) =>
  (status.attempt ?? 0) > (before.attempt ?? 0) && isInForce(status);

const newTerm: Change['isDone'] = (status, before) =>
  (status.term ?? 0) > (before.term ?? 0) && isInForce(status);

const rescaled = (parallelism: number, what: string): Change => ({
  what,
  act: (job) => job.apply({ parallelism }),
  isDone: (status) => status.replicas === parallelism && isInForce(status),
  told: ({ lastRescale }) => ({ [`${what}.pauseByStatusMs`]: lastRescale?.pauseMs ?? Number.NaN }),
});

const changes: readonly Change[] = [
  { what: 'workerKilled', act: (job) => job.kill('worker'), isDone: newAttempt },
  { what: 'workerPodDeleted', act: (job) => job.deletePod('worker'), isDone: newAttempt },
  {
    what: 'coordinatorKilled',
    act: (job) => job.kill('coordinator'),
    isDone: newTerm,
  },
  {
    what: 'coordinatorPodDeleted',
    act: (job) => job.deletePod('coordinator'),
    isDone: newTerm,
  },
  {
    what: 'upgraded',
    act: (job) => job.apply({ env: [{ name: 'VERSION', value: 'two' }] }),
    isDone: (status, before) => status.revision?.current !== before.revision?.current && isInForce(status),
    told: ({ lastUpgrade }) => ({
      'upgraded.pauseByStatusMs': lastUpgrade?.pauseMs ?? Number.NaN,
      'upgraded.publishedPauseByStatusMs': lastUpgrade?.committedPauseMs ?? Number.NaN,
    }),
  },
  rescaled(1, 'rescaled2To1'),
  rescaled(2, 'rescaled1To2'),
];

/** From a wish to the first record, to the first that is published, and how much later than that the status tells. */
const start = async (what: string, watched: WatchedJob, wish: () => Promise<void>): Promise<Figures> => {
  const sinceMs = Date.now();
  await wish();
  const told = watched.when(what, sinceMs, (status) => status.phase === 'Running' && isInForce(status));
  await waitFor(
    `published output: ${what}`,
    timeouts.firstOutputMs,
    () => watched.commitsSince(sinceMs).length > 0,
  );
  const firstMs = firstMomentSince(moments, sinceMs) ?? Number.NaN;
  return {
    [`${what}.firstRecordMs`]: firstMs - sinceMs,
    [`${what}.firstPublishedMs`]: (watched.commitsSince(sinceMs)[0] ?? Number.NaN) - sinceMs,
    [`${what}.statusBehindFirstRecordMs`]: (await told) - firstMs,
  };
};

const suspendAndResume = async (watched: WatchedJob): Promise<Figures> => {
  await pause(restMs);
  const sinceMs = Date.now();
  await watched.job.apply({ state: 'Suspended' });
  const suspendedMs = await watched.when('suspended', sinceMs, ({ phase }) => phase === 'Suspended');
  await waitFor('no pods', timeouts.firstOutputMs, async () => (await watched.job.pods()).length === 0);
  return {
    'suspended.statusMs': suspendedMs - sinceMs,
    ...(await start('resumed', watched, () => watched.job.apply({ state: 'Running' }))),
  };
};

/** A job of the figures from its beginning to its end. */
export const measureRound = async (cluster: Cluster): Promise<Figures> => {
  await prepareNamespaces(cluster, [namespace], ['operator.resources.limits.cpu=500m']);
  await cluster.apply([codeIn(namespace, 'counting', ['counting.ts'])]);
  const job = new JobOnNode({ cluster, namespace, name, spec });
  const watched = new WatchedJob(job, sharedFolder);
  try {
    let figures = await start('applied', watched, () => job.apply());
    await pause(3 * restMs);
    figures = { ...figures, ...(await residentMiB(job)) };
    for (const change of changes) figures = { ...figures, ...(await measure(watched, change)) };
    figures = { ...figures, ...(await suspendAndResume(watched)) };
    figures = { ...figures, ...checkCounts(join(sharedFolder, 'counts')) };
    const deletedMs = Date.now();
    await job.delete();
    await waitFor('no pods', timeouts.firstOutputMs, async () => (await job.pods()).length === 0);
    return { ...figures, 'deleted.goneMs': Date.now() - deletedMs, ...(await operatorFigures(cluster)) };
  } finally {
    watched.close();
  }
};
