import { join } from 'node:path';
import { clusterFolder } from '../harness/tools.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { installOperator } from './installed-operator.ts';
import { isInForce, type JobOnNode } from './job-on-node.ts';
import { type Step, stepByStep } from './steps.ts';

/** The same images by other names: an operator that renders otherwise. */
const renameImages = async ({ cluster }: JobOnNode): Promise<void> => {
  for (const name of ['runtime', 'operator']) {
    const [from, to] = ['dev', 'next'].map((tag) => `localhost/millrace-${name}:${tag}`) as [string, string];
    const ctr = join(clusterFolder, 'bin/ctr');
    await cluster.inside([ctr, '--namespace', 'k8s.io', 'images', 'tag', '--force', from, to]);
  }
};

const values = [
  'operator.image=localhost/millrace-operator:next',
  'runtime.image=localhost/millrace-runtime:next',
  'operator.logLevel=info',
  'operator.podLabels.release=next',
];

/** Which pods there are, and how often something in them has begun anew. */
const livesOf = async (job: JobOnNode): Promise<string> => {
  const pods = await job.pods();
  return pods
    .map(({ metadata: { uid }, status }) => {
      const restarts = (status?.containerStatuses ?? []).map(({ restartCount }) => restartCount);
      return `${uid} ${restarts.join(' ')}`;
    })
    .toSorted()
    .join('\n');
};

const imagesOf = async (job: JobOnNode): Promise<readonly unknown[]> =>
  (await job.pods()).flatMap(({ spec }) => spec.containers.map(({ image }) => image));

const steps: readonly Step[] = [
  {
    what: 'another operator: no pod of the job is another one',
    act: async (job) => {
      const before = await livesOf(job);
      await renameImages(job);
      await installOperator(job.cluster, [job.namespace], values);
      // It has looked at the job as soon as it acts on something that is no revision.
      await job.apply({ savepoints: { retained: 3 } });
      const { generation } = await job.metadata();
      await job.waitUntil('it has looked', (status) => status.observedGeneration === generation);
      const after = await livesOf(job);
      if (after !== before) throw new Error(`Pods have changed: ${before} and now ${after}`);
    },
    isDone: (status, before) => isInForce(status) && status.attempt === before.attempt,
  },
  {
    what: 'the next revision has its images',
    act: (job) => job.apply({ env: [{ name: 'VERSION', value: 'two' }] }),
    isDone: (status, before) => isInForce(status) && status.revision?.current !== before.revision?.current,
  },
  {
    what: 'which its pods have',
    act: async (job) => {
      const images = await imagesOf(job);
      const others = images.filter((image) => image !== 'localhost/millrace-runtime:next');
      if (others.length > 0) throw new Error(`Pods have other images: ${others.join(', ')}`);
    },
    isDone: isInForce,
  },
];

/** Another operator, of another image, with another default for jobs, changes nothing of what runs. */
export const operatorUpgrade: Scenario = stepByStep({ name: 'operator.upgrade', parallelism: 2, steps });
