import type { Scenario } from '../scenarios/scenario.ts';
import { operatorNamespace } from './installed-operator.ts';
import { type Fields, isInForce, messagesOf } from './job-on-node.ts';
import { type Step, stepByStep } from './steps.ts';
import { codeInConfigMap } from './workload-spec.ts';

const version = (value: string): Fields => ({ env: [{ name: 'VERSION', value }] });

const steps: readonly Step[] = [
  {
    what: 'rescaled 1 to 2 by the file',
    act: (job) => job.apply({ parallelism: 2 }),
    isDone: (status) => status.replicas === 2 && isInForce(status),
  },
  {
    what: 'worker killed',
    act: (job) => job.kill('worker'),
    isDone: (status, before) => (status.attempt ?? 0) > (before.attempt ?? 0) && isInForce(status),
  },
  {
    what: 'upgraded',
    act: (job) => job.apply(version('two')),
    isDone: (status, before) => status.revision?.current !== before.revision?.current && isInForce(status),
  },
  {
    what: 'coordinator killed',
    act: (job) => job.kill('coordinator'),
    isDone: (status, before) => (status.term ?? 0) > (before.term ?? 0) && isInForce(status),
  },
  {
    what: 'upgrade to code that is not there: the running job untouched',
    act: (job) => job.apply({ job: { entry: 'nowhere.ts', ...codeInConfigMap } }),
    isDone: (status, before) =>
      status.revision?.current === before.revision?.current &&
      messagesOf(status).includes('entry file does not exist'),
  },
  {
    what: 'and back',
    act: (job) => job.apply({ job: { entry: 'job.ts', ...codeInConfigMap } }),
    isDone: isInForce,
  },
  {
    what: 'operator deleted, rescaled 2 to 1 by kubectl scale',
    act: async (job) => {
      await job.cluster.kubectl(['-n', operatorNamespace, 'delete', 'pods', '--all', '--wait=false']);
      await job.kubectl('scale', 'streamjob', job.name, '--replicas=1');
      await job.apply({ parallelism: 1 });
    },
    isDone: (status) => status.replicas === 1 && isInForce(status),
  },
  {
    what: 'suspended',
    act: (job) => job.apply({ state: 'Suspended' }),
    isDone: (status) => status.phase === 'Suspended' && isInForce(status),
    isStill: true,
  },
  {
    what: 'resumed',
    act: (job) => job.apply({ state: 'Running' }),
    isDone: (status) => status.phase === 'Running' && isInForce(status),
  },
];

/** What a person does to a job through its file, and what happens to its pods meanwhile; its output must be that of a job left alone. */
export const operatorChangesJob: Scenario = stepByStep({
  name: 'exactly-once.operator-changes-job',
  parallelism: 1,
  steps,
});
