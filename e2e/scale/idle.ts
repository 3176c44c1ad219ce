import { pods } from '../../operator/src/kube/kinds.ts';
import { waitFor } from '../cluster/cluster.ts';
import { pause } from '../harness/wait.ts';
import { type ControlPlane, operatorUser, startControlPlane } from './control-plane.ts';
import type { Measure } from './measure.ts';
import { inParallel, tenths } from './numbers.ts';
import { type OperatorProcess, startOperator } from './operator-process.ts';
import { runJobs } from './running-jobs.ts';
import { StubCoordinators } from './stub-coordinators.ts';

const limitMs = 600_000;
const quietMs = 60_000;

/** What the operator asked of the API server in a time: by verb and kind. */
const callsSince = (plane: ControlPlane, sinceMs: number): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { user, verb, resource, receivedMs } of plane.audit()) {
    if (user !== operatorUser || receivedMs < sinceMs) continue;
    const name = `${verb} ${resource}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

/** Until it has nothing to write any more. */
const settle = async (plane: ControlPlane): Promise<void> => {
  const writes = (): number =>
    plane
      .audit()
      .filter(
        ({ user, resource, verb }) => user === operatorUser && verb !== 'watch' && resource !== 'leases',
      ).length;
  let before = -1;
  let sinceMs = performance.now();
  await waitFor('the operator is at rest', limitMs, async () => {
    await pause(1000);
    const now = writes();
    if (now !== before) sinceMs = performance.now();
    before = now;
    return performance.now() - sinceMs > 5000;
  });
};

const makeForeignPods = async (plane: ControlPlane, count: number): Promise<void> => {
  await inParallel(count, 16, async (number) => {
    await plane.client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `foreign-${number}`, namespace: 'jobs', labels: { app: 'other' } },
      spec: { containers: [{ name: 'c', image: 'other:1' }] },
    });
  });
};

const quiet = async (plane: ControlPlane, operator: OperatorProcess) => {
  const sinceMs = Date.now();
  const cpuBeganMs = operator.cpuMs();
  await pause(quietMs);
  return { calls: callsSince(plane, sinceMs), cpuMs: operator.cpuMs() - cpuBeganMs, ...operator.resident() };
};

/** Jobs that run, and nothing happens to them: what the operator takes for them after a start of its own, with and without event streams. */
export const idle: Measure = async ({ jobs, foreignPods, nodeFlags, print }) => {
  const plane = await startControlPlane(['jobs']);
  let stubs: StubCoordinators | undefined;
  try {
    const maker = await startOperator(plane, { namespaces: ['jobs'] });
    stubs = new StubCoordinators(plane.operatorAuthority);
    await runJobs(plane, stubs, 'jobs', jobs, print);
    const coordinators = stubs;
    await waitFor('all streams are open', limitMs, () => coordinators.readers >= jobs);
    await settle(plane);
    const makerResident = maker.resident();
    await maker.end();
    const standing = await startOperator(plane, { namespaces: ['jobs'], nodeFlags });
    await waitFor('all streams are open again', limitMs, () => coordinators.readers >= jobs);
    await settle(plane);
    print(JSON.stringify(standing.resident()));
    const withStreams = await quiet(plane, standing);
    print(JSON.stringify(withStreams));
    await makeForeignPods(plane, foreignPods);
    const withForeignPods = standing.resident();
    const checkpointsMs = Date.now();
    coordinators.tellCheckpoints();
    await pause(quietMs);
    const refresh = callsSince(plane, checkpointsMs);
    await standing.end();
    coordinators.close();
    stubs = undefined;
    const alone = await startOperator(plane, { namespaces: ['jobs'], nodeFlags });
    await settle(plane);
    const withoutStreams = alone.resident();
    await alone.end();
    return {
      jobs,
      makerPeakMib: makerResident.peakMib,
      readyMs: standing.readyMs,
      withStreams,
      withoutStreams,
      foreignPods: { count: foreignPods, moreMib: tenths(withForeignPods.nowMib - withStreams.nowMib) },
      callsInTheMinuteBehindNewCheckpoints: refresh,
    };
  } finally {
    stubs?.close();
    await plane.close();
  }
};
