import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kube/kinds.ts';
import type { Stored } from '../../../src/kube/objects.ts';
import type { ObservedJob, ObservedRevision } from '../../../src/streamjob/observed.ts';
import { jobWith, observedWith, planOf, revisionWith, told, viewOf, written } from '../job-table.ts';

const deletionTimestamp = new Date(100_000).toISOString();

describe('a job that is deleted with its data', () => {
  const spec = written('one', { deletion: { savepoint: 'Skip', data: 'Delete' } });
  const gone = jobWith(spec, { deletionTimestamp });
  const revision = revisionWith(gone, spec, { view: viewOf() });
  const down = { ...revision, coordinatorSet: undefined, workerSet: undefined };
  const steps = (
    found: ObservedRevision,
    nowMs = 100_000,
    maintenancePods: ObservedJob['maintenancePods'] = [],
  ) => told(planOf({ ...observedWith(gone, [found], undefined, nowMs), maintenancePods }));
  const podOf = (role: string, more: object = {}, status: object = {}): Stored<Pod> => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: role, namespace: 'jobs', uid: role, resourceVersion: '1', ...more },
    spec: { containers: [] },
    status,
  });
  const leaving = (at: number) => podOf('worker', { deletionTimestamp: new Date(at).toISOString() });

  it('loses its sets, then its pods, then what is in the store', () => {
    expect(steps(revision)).toEqual([`withdraw ${revision.name}`]);
    expect(steps({ ...down, workerPods: [podOf('worker')] })).toEqual([]);
    expect(steps({ ...down, workerPods: [leaving(160_000)] })).toEqual([]);
    expect(steps(down)).toEqual(['maintain deleteJob']);
  });

  it('does not wait for a pod whose time to end is over: its node may be lost', () => {
    expect(steps({ ...down, workerPods: [leaving(130_000)] }, 131_000)).toEqual(['maintain deleteJob']);
  });

  it('goes when that is done, and at the end of its time in any case', () => {
    const done = podOf('maintenance', {}, { phase: 'Succeeded' });
    expect(steps(down, 100_000, [done])).toEqual(['end', 'tell DataRemoved', 'release']);
    expect(steps(down, 300_000, [podOf('maintenance', {}, { phase: 'Running' })])).toEqual([
      'end',
      'tell DataLeft',
      'release',
    ]);
    expect(steps(revision, 300_000)).toEqual(['tell DataLeft', 'release']);
  });

  it('begins again where its pod was evicted', () => {
    const evicted = podOf('maintenance', {}, { phase: 'Failed', reason: 'Evicted' });
    expect(steps(down, 100_000, [evicted])).toEqual(['end']);
  });

  it('has nothing to wait for without a store', () => {
    const { checkpoint: _none, ...bare } = spec as Record<string, unknown>;
    const without = jobWith(bare, { deletionTimestamp });
    expect(told(planOf(observedWith(without)))).toEqual(['release']);
  });
});
