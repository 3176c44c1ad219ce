import * as kinds from '../../operator/src/kube/kinds.ts';
import { waitFor } from '../cluster/cluster.ts';
import { pause } from '../harness/wait.ts';
import { type ControlPlane, operatorUser, startControlPlane } from './control-plane.ts';
import { jobObject, nameOf } from './job.ts';
import type { Measure } from './measure.ts';
import { inParallel, spread } from './numbers.ts';
import { startOperator } from './operator-process.ts';
import { runJobs } from './running-jobs.ts';
import { StubCoordinators } from './stub-coordinators.ts';

const limitMs = 300_000;
const edits = 60;
const betweenMs = 100;
const atOnce = 16;
const others = 1000;

/**
 * By the API server's own clock: from when it has answered to a change of a job until the first write of the operator for that job reaches
 * it. Each change is of another job.
 */
const timesOf = (plane: ControlPlane, sinceMs: number): readonly number[] => {
  const audit = plane
    .audit()
    .filter(({ receivedMs, namespace }) => receivedMs >= sinceMs && namespace === 'jobs');
  const changes = audit.filter(({ user, verb }) => user === 'admin' && verb === 'patch');
  return changes.flatMap(({ name, answeredMs }) => {
    const first = audit.find(
      (call) =>
        call.user === operatorUser &&
        call.receivedMs >= answeredMs &&
        call.name.startsWith(name) &&
        call.verb !== 'get',
    );
    return first === undefined ? [] : [first.receivedMs - answeredMs];
  });
};

const change = async ({ client }: ControlPlane, from: number): Promise<void> => {
  for (let number = from; number < from + edits; number++) {
    const at = { namespace: 'jobs', name: nameOf(number) };
    const { metadata } = (await client.get(kinds.streamJobs, at)) ?? {};
    await client.patch(kinds.streamJobs, at, { spec: { parallelism: 2 } }, { uid: metadata?.uid ?? '' });
    await pause(betweenMs);
  }
};

/** Somebody changes a job that runs: how soon the operator writes, at rest and while many jobs are created in another namespace. */
export const firstWrite: Measure = async ({ jobs, nodeFlags, program, print }) => {
  const plane = await startControlPlane(['jobs', 'others']);
  const stubs = new StubCoordinators(plane.operatorAuthority);
  try {
    await runJobs(plane, stubs, 'jobs', Math.max(jobs, 2 * edits));
    const operator = await startOperator(plane, { namespaces: ['jobs', 'others'], nodeFlags, program });
    await waitFor('all streams are open', limitMs, () => stubs.readers >= jobs);
    await pause(3000);
    const restMs = Date.now();
    await change(plane, 0);
    await pause(3000);
    const atRest = spread(timesOf(plane, restMs));
    print(JSON.stringify({ atRest }));
    const busyMs = Date.now();
    const creating = inParallel(others, atOnce, async (number) => {
      await plane.client.create(kinds.streamJobs, jobObject('others', nameOf(number)));
    });
    await change(plane, edits);
    await creating;
    await pause(3000);
    const whileOthersAreCreated = spread(timesOf(plane, busyMs));
    const resident = operator.resident();
    await operator.end();
    return { jobs, atRest, whileOthersAreCreated, resident };
  } finally {
    stubs.close();
    await plane.close();
  }
};
