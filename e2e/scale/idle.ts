import { randomUUID } from 'node:crypto';
import { pods } from '../../operator/src/kube/kinds.ts';
import { waitFor } from '../cluster/cluster.ts';
import { pause } from '../harness/wait.ts';
import { type ControlPlane, operatorUser, startControlPlane } from './control-plane.ts';
import type { Measure } from './measure.ts';
import { tenths } from './numbers.ts';
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

/** Pods of others, which no label makes ours. */
const makeForeignPods = async ({ client, server }: ControlPlane, count: number): Promise<void> => {
  const first = await client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'foreign-0', namespace: 'jobs', labels: { app: 'other' } },
    spec: { containers: [{ name: 'c', image: 'other:1' }] },
  });
  const { resourceVersion: _version, ...metadata } = first.metadata;
  const others = new Map<string, object>();
  for (let number = 1; number < count; number++) {
    const name = `foreign-${number}`;
    others.set(`/registry/pods/jobs/${name}`, {
      ...first,
      metadata: { ...metadata, name, uid: randomUUID() },
    });
  }
  await server.store(others);
};

const quiet = async (plane: ControlPlane, operator: OperatorProcess) => {
  const sinceMs = Date.now();
  const cpuBeganMs = operator.cpuMs();
  await pause(quietMs);
  return { calls: callsSince(plane, sinceMs), cpuMs: operator.cpuMs() - cpuBeganMs, ...operator.resident() };
};

/**
 * Jobs that run, and nothing happens to them: what the operator takes for them after a start of its own. Without event streams: a replica that
 * does not lead, which has the same in its caches and dials nobody.
 */
export const idle: Measure = async ({ jobs, foreignPods, nodeFlags, program, print }) => {
  const plane = await startControlPlane(['jobs']);
  const stubs = new StubCoordinators(plane.operatorAuthority);
  const choice = { namespaces: ['jobs'], nodeFlags, program };
  try {
    await runJobs(plane, stubs, 'jobs', jobs);
    print(`${jobs} jobs are there`);
    const startMs = Date.now();
    const leader = await startOperator(plane, choice);
    await waitFor('all streams are open', limitMs, () => stubs.readers >= jobs);
    const openMs = Date.now() - startMs;
    await settle(plane);
    const start = {
      readyMs: leader.readyMs,
      openMs,
      calls: callsSince(plane, startMs),
      cpuMs: leader.cpuMs(),
    };
    print(JSON.stringify({ start, ...leader.resident() }));
    const withStreams = await quiet(plane, leader);
    print(JSON.stringify(withStreams));
    const standby = await startOperator(plane, choice);
    await pause(quietMs / 2);
    const withoutStreams = { readyMs: standby.readyMs, ...standby.resident() };
    print(JSON.stringify(withoutStreams));
    await standby.end();
    const before = leader.resident().nowMib;
    await makeForeignPods(plane, foreignPods);
    await pause(quietMs / 2);
    const moreMib = tenths(leader.resident().nowMib - before);
    stubs.tellCheckpoints();
    const behindNewCheckpoints = await quiet(plane, leader);
    await leader.end();
    return {
      jobs,
      start,
      withStreams,
      withoutStreams,
      foreignPods: { count: foreignPods, moreMib },
      behindNewCheckpoints,
    };
  } finally {
    stubs.close();
    await plane.close();
  }
};
