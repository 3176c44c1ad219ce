import * as kinds from '../../operator/src/kube/kinds.ts';
import { jobLabel, revisionLabel } from '../../operator/src/streamjob/names.ts';
import { waitFor } from '../cluster/cluster.ts';
import type { ControlPlane } from './control-plane.ts';
import { jobObject, nameOf } from './job.ts';
import { inParallel } from './numbers.ts';
import { runPods } from './pods.ts';
import type { StubCoordinators } from './stub-coordinators.ts';

const atOnce = 16;
const limitMs = 1_500_000;

/** The newest sets of a namespace, all pages. */
export const setsOf = async (
  { client }: ControlPlane,
  namespace: string,
): Promise<Awaited<ReturnType<typeof client.list<kinds.ReplicaSet>>>['items']> => {
  const found = [];
  let next: string | undefined;
  do {
    const page = await client.list(kinds.replicaSets, { namespace, limit: 500, continue: next });
    found.push(...page.items);
    next = page.continue;
  } while (next !== undefined);
  return found;
};

/** Makes jobs that an operator looks after, and lets them run: by pods that say so, and coordinators that answer. */
export const runJobs = async (
  plane: ControlPlane,
  stubs: StubCoordinators,
  namespace: string,
  count: number,
  print: (line: string) => void,
): Promise<void> => {
  const { client } = plane;
  await inParallel(count, atOnce, async (number) => {
    await client.create(kinds.streamJobs, jobObject(namespace, nameOf(number)));
  });
  print(`${count} jobs are created`);
  let lastTold = -1;
  await waitFor(`all jobs have their sets`, limitMs, async () => {
    const { length } = await setsOf(plane, namespace);
    if (length !== lastTold) print(`${length} sets`);
    lastTold = length;
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return length >= 2 * count;
  });
  const sets = await setsOf(plane, namespace);
  await inParallel(sets.length, atOnce, async (number) => {
    const set = sets[number];
    if (set === undefined) return;
    const { labels = {} } = set.metadata;
    const job = labels[jobLabel] ?? '';
    const index = Number(job.slice('job-'.length));
    const address = set.metadata.name.endsWith('-coordinator')
      ? await stubs.add(index, job, labels[revisionLabel] ?? '', 1)
      : '';
    await runPods(client, set, { address, fingerprint: stubs.fingerprint });
  });
  print('all pods run');
};
