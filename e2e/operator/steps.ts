import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import type { StreamJobStatus } from '../../runtime/src/contract/status.ts';
import { checkFinished, checkSoFar } from '../checkers/output.ts';
import { startCluster, waitFor } from '../cluster/cluster.ts';
import { lastVisibleAttempt, readOutput, visibleParts } from '../harness/job-output.ts';
import { longestPauseMs } from '../harness/moments.ts';
import { kubeletTool } from '../harness/tools.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput, type Output } from '../workload/records.ts';
import { isInForce, JobOnNode, stalledBy } from './job-on-node.ts';
import { prepareNamespaces } from './prepared-namespaces.ts';
import { sharedFolder } from './shared-folder.ts';
import { momentsFile, workloadJob } from './workload-spec.ts';

/** Something that a person does to a job, or that happens to it, and what must come of it. */
export interface Step {
  readonly what: string;
  readonly act: (job: JobOnNode) => Promise<void>;
  readonly isDone: (status: StreamJobStatus, before: StreamJobStatus) => boolean;
  /** Nothing comes out behind it. */
  readonly isStill?: true;
}

export interface StepsSettings {
  readonly name: string;
  readonly parallelism: number;
  readonly steps: readonly Step[];
}

/** More than come while all steps are taken, also on a slow machine: the rest is done in a hurry. */
const records = 300_000;
const recordsPerSecond = 1000;
const namespace = 'jobs';

const take = async (
  job: JobOnNode,
  { what, act, isDone, isStill }: Step,
  print: (line: string) => void,
): Promise<void> => {
  const before = await job.status();
  const parts = visibleParts(sharedFolder).length;
  const begunMs = Date.now();
  await act(job);
  await job.waitUntil(what, (status) => isDone(status, before));
  const doneMs = Date.now();
  const hasMore = (): boolean => visibleParts(sharedFolder).length > parts;
  if (isStill === undefined) await waitFor(`output after: ${what}`, timeouts.firstOutputMs, hasMore);
  const status = await job.status();
  const stalled = stalledBy(status);
  const why = stalled === undefined ? '' : `; ${stalled.reason}: ${stalled.message}`;
  const pauses = `no record for ${longestPauseMs(momentsFile, begunMs)} ms at most, by the status ${status.lastPause ?? 'none'}; attempt ${status.attempt}`;
  print(`${what}: so after ${doneMs - begunMs} ms; ${pauses}${why}`);
};

const begin = async (job: JobOnNode, print: (line: string) => void): Promise<void> => {
  const appliedMs = Date.now();
  await job.apply();
  await waitFor('the first output', timeouts.firstOutputMs, () => lastVisibleAttempt(sharedFolder) > 0);
  print(`first output ${Date.now() - appliedMs} ms after the file was applied`);
  await job.waitUntil('the job is in force', isInForce);
};

/** The job comes to its end soon and goes; it has put out what one that is left alone puts out. */
const finish = async (job: JobOnNode, golden: Output): Promise<readonly Finding[]> => {
  await job.applyArguments({ rate: '50000' });
  await job.waitUntil('the job is finished', ({ phase }) => phase === 'Finished');
  const findings = checkFinished(readOutput(sharedFolder), golden);
  if (findings.length > 0) return findings;
  await job.delete();
  await waitFor('no pods of the job', 60_000, async () => (await job.pods()).length === 0);
  return [];
};

/** A job of the workload to which one thing after the other is done, under an operator that was installed by its chart. */
export const stepByStep = ({ name, parallelism, steps }: StepsSettings): Scenario => ({
  name,
  tool: kubeletTool,
  run: async ({ print }) => {
    const golden = expectedOutput(records);
    const cluster = await startCluster();
    await prepareNamespaces(cluster, [namespace]);
    const spec = workloadJob({ parallelism, records, recordsPerSecond });
    const job = new JobOnNode({ cluster, namespace, name: 'counts', spec });
    await begin(job, print);
    for (const step of steps) {
      await take(job, step, print);
      const findings = checkSoFar(readOutput(sharedFolder), golden);
      if (findings.length > 0) return { findings, faults: steps.length, recoveriesMs: [] };
    }
    const findings = await finish(job, golden);
    print('finished, deleted, and nothing is left');
    return { findings, faults: steps.length, recoveriesMs: [] };
  },
});
