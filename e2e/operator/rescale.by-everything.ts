import type { Scenario } from '../scenarios/scenario.ts';
import { isInForce } from './job-on-node.ts';
import { autoscaler, metricsObjects } from './metrics-stub.ts';
import { type Step, stepByStep } from './steps.ts';

const hasSlots =
  (slots: number): Step['isDone'] =>
  (status) =>
    status.replicas === slots && isInForce(status);

const byFile = (slots: number): Step => ({
  what: `${slots} slots by the file`,
  act: (job) => job.apply({ parallelism: slots }),
  isDone: hasSlots(slots),
});

const byCommand = (slots: number): Step => ({
  what: `${slots} slots by kubectl scale`,
  act: async (job) => {
    await job.kubectl('scale', 'streamjob', job.name, `--replicas=${slots}`);
  },
  isDone: hasSlots(slots),
});

const byAutoscaler = (slots: 1 | 2 | 4): Step => ({
  what: `${slots} slots by an autoscaler`,
  act: async (job) => {
    await job.cluster.apply([autoscaler(job.namespace, job.name, slots)]);
  },
  isDone: hasSlots(slots),
});

const steps: readonly Step[] = [
  byFile(4),
  byFile(2),
  byFile(1),
  byCommand(4),
  byCommand(2),
  {
    what: 'the file no longer says how many',
    act: async (job) => {
      await job.apply({ parallelism: undefined });
      await job.cluster.apply(metricsObjects(job.namespace));
      await job.kubectl('wait', '--for=condition=Ready', 'pod/metrics', '--timeout=60s');
      await job.cluster.kubectl([
        'wait',
        '--for=condition=Available',
        'apiservice/v1beta1.external.metrics.k8s.io',
        '--timeout=60s',
      ]);
    },
    isDone: isInForce,
  },
  byAutoscaler(4),
  byAutoscaler(1),
  {
    what: '2 slots by an autoscaler while another revision takes over',
    act: async (job) => {
      await job.apply({ env: [{ name: 'VERSION', value: 'two' }] });
      await job.waitUntil('the next revision is on its way', ({ revision }) => revision?.next !== undefined);
      await job.cluster.apply([autoscaler(job.namespace, job.name, 2)]);
    },
    isDone: (status, before) =>
      status.replicas === 2 && isInForce(status) && status.revision?.current !== before.revision?.current,
  },
  {
    what: 'no autoscaler any more',
    act: async (job) => {
      await job.kubectl('delete', 'hpa', job.name);
      await job.cluster.kubectl(['delete', 'apiservice', 'v1beta1.external.metrics.k8s.io']);
    },
    isDone: isInForce,
  },
];

/** Everybody who may say how many slots a job has says so, the last one while it changes. */
export const rescaleByEverything: Scenario = stepByStep({
  name: 'rescale.by-everything',
  parallelism: 1,
  steps,
});
