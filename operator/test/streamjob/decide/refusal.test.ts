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

const one = written('one');
const first = revisionNameOf(one);

describe('a job whose coordinator does not begin', () => {
  const ended = (message: string): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'coordinator-1' },
    spec: { containers: [] },
    status: {
      containerStatuses: [
        {
          name: 'coordinator',
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 2, message, finishedAt: new Date(60_000).toISOString() } },
        },
      ],
    },
  });
  const planAt = (code: string, nowMs: number, view?: ReturnType<typeof viewOf>) => {
    const job = jobWith(one);
    const words = JSON.stringify({ code, message: 'The job still runs.', hint: 'Delete that one.' });
    const revision = revisionWith(job, one, { view, pods: [ended(words)] });
    return planOf(observedWith(job, [revision], undefined, nowMs));
  };
  const standingWith = (code: string, view?: ReturnType<typeof viewOf>) =>
    planAt(code, 70_000, view).standing;

  it('is begun anew every half a minute, however long its kubelet waits', () => {
    expect(planAt('conflict', 70_000)).toMatchObject({ againMs: 20_000 });
    expect(told(planAt('conflict', 70_000))).not.toContain(`restart ${first}`);
    expect(told(planAt('conflict', 90_000))).toContain(`restart ${first}`);
    expect(told(planAt('io', 90_000))).not.toContain(`restart ${first}`);
  });

  it('is stalled by what that refuses, in its words, until it is heard again', () => {
    expect(standingWith('conflict')).toEqual({
      phase: 'Starting',
      progress: 'stalled',
      reason: 'CannotStart',
      message: 'The job still runs. Delete that one.',
    });
    expect(standingWith('conflict', viewOf({}, undefined, { silentSinceMs: 1 }))).toMatchObject({
      progress: 'stalled',
    });
    expect(standingWith('conflict', viewOf())).toMatchObject({ progress: 'inForce' });
  });

  it('is on its way while time may help', () => {
    expect(standingWith('io')).toMatchObject({ progress: 'underWay' });
  });
});
