import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kube/kinds.ts';
import {
  jobWith,
  observedWith,
  planOf,
  revisionNameOf,
  revisionWith,
  told,
  viewOf,
  written,
} from '../job-table.ts';

interface Ending {
  readonly exitCode: number;
  readonly reason?: string;
}

/** A pod whose container waits in the kubelet, after it has run for some seconds. */
const waiting = (name: string, ranSeconds: number, ending: Ending): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [] },
  status: {
    containerStatuses: [
      {
        name: 'worker',
        ready: false,
        restartCount: 2,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: {
          terminated: {
            reason: 'Error',
            ...ending,
            startedAt: '2026-01-01T00:00:00Z',
            finishedAt: new Date(Date.parse('2026-01-01T00:00:00Z') + ranSeconds * 1000).toISOString(),
          },
        },
      },
    ],
  },
});

const one = written('one');
const first = revisionNameOf(one);
const toldWith = (...pods: readonly Pod[]): readonly string[] => {
  const job = jobWith(one);
  return told(planOf(observedWith(job, [revisionWith(job, one, { view: viewOf(), pods })])));
};

describe('a pod that the kubelet lets wait', () => {
  it('is made again at once when its program was killed after it had begun well', () => {
    const killed = { exitCode: 137 };
    expect(toldWith(waiting('worker-1', 5, killed), waiting('coordinator-1', 60, killed))).toEqual([
      `deploy ${first} 1+2`,
      'renew coordinator-1 worker-1',
    ]);
  });

  it('waits when it fails as it begins, ends by its own decision, or lacks memory', () => {
    expect(
      toldWith(
        waiting('worker-1', 4, { exitCode: 137 }),
        waiting('worker-2', 60, { exitCode: 2 }),
        waiting('worker-3', 60, { exitCode: 137, reason: 'OOMKilled' }),
      ),
    ).toEqual([`deploy ${first} 1+2`]);
  });
});
