import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../cluster/cluster.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { type Fields, isInForce, type JobOnNode, messagesOf } from './job-on-node.ts';
import { bucketFolder } from './minio-objects.ts';
import { sharedFolder } from './shared-folder.ts';
import { type Step, stepByStep } from './steps.ts';
import { workloadSpec } from './workload-spec.ts';

/** What is refused at once, with a sentence that says it. */
const refused = (what: string, fields: Fields, sentence: string): Step => ({
  what: `${what}: refused`,
  act: async (job) => {
    const answer = await job.apply(fields).then(
      () => 'it was taken',
      (error: unknown) => String(error),
    );
    job.forget();
    if (!answer.includes(sentence)) throw new Error(`Wanted a refusal with “${sentence}”: ${answer}`);
  },
  isDone: (status, before) =>
    isInForce(status) &&
    status.observedGeneration === before.observedGeneration &&
    status.attempt === before.attempt,
});

/** What cannot run is told in the status, and what runs stays as it is; whoever corrects it needs nothing else. */
const tried = (what: string, bad: Fields, sentence: string, good: Fields): readonly Step[] => [
  {
    what,
    act: (job) => job.apply(bad),
    isDone: (status, before) =>
      status.revision?.current === before.revision?.current &&
      status.attempt === before.attempt &&
      status.replicas === before.replicas &&
      messagesOf(status).includes(sentence),
  },
  { what: `${what}: corrected`, act: (job) => job.apply(good), isDone: isInForce },
];

const resources = { memory: '512Mi', cpu: '50m' };
const { checkpoint } = workloadSpec;
const { s3 } = checkpoint.store;
const storeWith = (more: object): Fields => ({
  checkpoint: { ...checkpoint, store: { s3: { ...s3, ...more } } },
});

const steps: readonly Step[] = [
  refused('a parallelism of 10^9', { parallelism: 1e9 }, 'spec.parallelism'),
  refused('memory of 465458732Gi', { resources: { memory: '465458732Gi' } }, 'spec.resources.memory'),
  refused('another bucket', storeWith({ bucket: 'elsewhere' }), 'bucket'),
  ...tried('more slots than key groups', { parallelism: 200 }, '200', { parallelism: 2 }),
  ...tried('memory that no node has', { resources: { ...resources, memory: '4Ti' } }, 'no node has room', {
    resources,
  }),
  ...tried(
    'a Secret that is missing',
    storeWith({ credentials: { secretName: 'nowhere' } }),
    'nowhere',
    storeWith({}),
  ),
  ...tried(
    'a ConfigMap that is missing',
    { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'nowhere', key: 'x' } } }] },
    'nowhere',
    { env: [] },
  ),
  ...tried(
    'a store that is not there',
    storeWith({ endpoint: 'http://nowhere:9000' }),
    'host name is not known',
    storeWith({}),
  ),
];

/** A job of its own that has never run: there is nothing to go on. */
const newJob = async (job: JobOnNode, name: string, fields: Fields, sentence: string): Promise<JobOnNode> => {
  const output = join(sharedFolder, name);
  mkdirSync(output);
  chmodSync(output, 0o777);
  const other = job.another(name, { ...fields, args: { records: '1000', rate: '1000', output } });
  await other.apply();
  await other.waitUntil(`${name}: the status says it`, (status) => messagesOf(status).includes(sentence));
  return other;
};

const fromTheStart: readonly Step[] = [
  {
    what: 'a new job whose bucket is missing, then made',
    act: async (job) => {
      const other = await newJob(job, 'no-bucket', storeWith({ bucket: 'later' }), 'later');
      await job.cluster.inside([
        'mkdir',
        '-m',
        '777',
        await bucketFolder(job.cluster, job.namespace, 'later'),
      ]);
      await other.waitUntil('it runs', isInForce);
      await other.delete();
    },
    isDone: isInForce,
  },
  {
    what: 'a new job whose Secret is missing, then made',
    act: async (job) => {
      const secretName = 'made-later';
      const other = await newJob(job, 'no-secret', storeWith({ credentials: { secretName } }), secretName);
      const stringData = { accessKeyId: 'root-user', secretAccessKey: 'root-password-1' };
      const metadata = { name: secretName, namespace: job.namespace };
      await job.cluster.apply([{ apiVersion: 'v1', kind: 'Secret', metadata, stringData }]);
      await other.waitUntil('it runs', isInForce);
      await other.delete();
      await waitFor('no pods', 60_000, async () => (await other.pods()).length === 0);
    },
    isDone: isInForce,
  },
];

/** Values that make no sense, or that this cluster has nothing for. */
export const badInput: Scenario = stepByStep({
  name: 'bad-input.recovers',
  parallelism: 2,
  steps: [...steps, ...fromTheStart],
});
