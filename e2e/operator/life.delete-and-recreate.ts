import type { SavepointObjectStatus } from '../../runtime/src/contract/savepoint.ts';
import { waitFor } from '../cluster/cluster.ts';
import { pause } from '../harness/wait.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { timeouts } from '../timeouts.ts';
import { installOperator } from './installed-operator.ts';
import { isInForce, type JobOnNode } from './job-on-node.ts';
import { type Step, stepByStep } from './steps.ts';

const savepointStatus = async (job: JobOnNode, name: string): Promise<SavepointObjectStatus> => {
  const object = JSON.parse(await job.kubectl('get', 'savepoint', name, '-o', 'json')) as {
    readonly status?: SavepointObjectStatus;
  };
  return object.status ?? {};
};

/** Asks for one by an object and waits until it is complete. */
const takeSavepoint = async (job: JobOnNode, name: string): Promise<void> => {
  await job.cluster.apply([
    {
      apiVersion: 'millrace.dev/v1alpha1',
      kind: 'Savepoint',
      metadata: { name, namespace: job.namespace },
      spec: { jobRef: { name: job.name }, disposal: 'Delete' },
    },
  ]);
  let status: SavepointObjectStatus = {};
  const isComplete = async (): Promise<boolean> => {
    status = await savepointStatus(job, name);
    return status.phase === 'Completed';
  };
  await waitFor('the savepoint is complete', timeouts.firstOutputMs, isComplete).catch((error: unknown) => {
    throw new Error(`${String(error)} ${JSON.stringify(status)}`, { cause: error });
  });
  if (status.path === undefined || status.checkpointId === undefined)
    throw new Error(`A savepoint without a place: ${JSON.stringify(status)}`);
};

const suspended: Step = {
  what: 'suspended',
  act: (job) => job.apply({ state: 'Suspended' }),
  isDone: (status) => status.phase === 'Suspended' && isInForce(status),
  isStill: true,
};

const resumed: Step = {
  what: 'resumed',
  act: (job) => job.apply({ state: 'Running' }),
  isDone: (status) => status.phase === 'Running' && isInForce(status),
};

/** Its pods are gone, and it is made again by the same file: another uid, the same name. */
const recreated: Step = {
  what: 'deleted with a last savepoint, and made again: it goes on',
  act: async (job) => {
    await job.delete();
    await waitFor('no pods', timeouts.firstOutputMs, async () => (await job.pods()).length === 0);
    await pause(1000);
    await job.apply();
  },
  isDone: isInForce,
};

const elsewhere: Step = {
  what: 'made again on another cluster of the same store',
  act: async (job) => {
    await job.delete();
    await waitFor('no pods', timeouts.firstOutputMs, async () => (await job.pods()).length === 0);
    await installOperator(job.cluster, [job.namespace], ['clusterId=elsewhere']);
    await job.apply();
  },
  isDone: isInForce,
};

const steps: readonly Step[] = [
  { what: 'a savepoint by an object', act: (job) => takeSavepoint(job, 'one'), isDone: isInForce },
  suspended,
  resumed,
  { what: 'another savepoint', act: (job) => takeSavepoint(job, 'two'), isDone: isInForce },
  {
    what: 'the first removed',
    act: async (job) => {
      await job.kubectl('delete', 'savepoint', 'one', '--timeout=30s');
    },
    isDone: isInForce,
  },
  recreated,
  elsewhere,
];

/** The life of a job: what it leaves is what it would have left without all of that. */
export const deleteAndRecreate: Scenario = stepByStep({
  name: 'life.delete-and-recreate',
  parallelism: 2,
  steps,
});
