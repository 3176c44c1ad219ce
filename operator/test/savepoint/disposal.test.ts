import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/objects.ts';
import { decideSavepoint, type ObservedSavepoint } from '../../src/savepoint/decide.ts';
import { viewOf } from '../streamjob/job-table.ts';

const store = { s3: { bucket: 'snapshots', prefix: 'p', region: 'r', pathStyle: true } };
const path = 'http://minio:9000/snapshots/p/jobs/uid-1/savepoints/before-friday/';
const job = (uid: string, isHeard = true): ObservedSavepoint['job'] => ({
  uid,
  revision: 'r1',
  view: isHeard ? viewOf() : undefined,
  store,
  serviceAccount: undefined,
});
const deletedMs = 90_000;

/** A savepoint that is deleted, complete, with its folder. */
const deleted = (more: Partial<ObservedSavepoint> = {}): ObservedSavepoint => ({
  savepoint: {
    apiVersion: 'millrace.dev/v1alpha1',
    kind: 'Savepoint',
    metadata: {
      name: 'before-friday',
      namespace: 'jobs',
      uid: 'u',
      resourceVersion: '1',
      finalizers: ['millrace.dev/dispose'],
      deletionTimestamp: new Date(deletedMs).toISOString(),
    },
    spec: {},
  },
  status: { phase: 'Completed', path, store },
  spec: { jobRef: { name: 'counts' }, disposal: 'Delete' },
  job: undefined,
  maintenancePod: undefined,
  nowMs: 100_000,
  ...more,
});
const podIn = (phase: string, message?: string): Stored<Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'm', namespace: 'jobs', uid: 'm', resourceVersion: '1' },
  spec: { containers: [] },
  status: {
    phase,
    ...(message === undefined
      ? {}
      : {
          containerStatuses: [
            { name: 'm', ready: false, restartCount: 1, lastState: { terminated: { exitCode: 1, message } } },
          ],
        }),
  },
});
const steps = (row: ObservedSavepoint): readonly string[] =>
  decideSavepoint(row).actions.map(({ kind }) => kind);

describe('a savepoint that is deleted with its folder', () => {
  it('has it removed by a pod when its job is gone, with what its status has kept', () => {
    expect(decideSavepoint(deleted())).toMatchObject({
      actions: [
        { kind: 'maintain', request: { operation: 'disposeSavepoint', path, store }, withinMs: 590_000 },
      ],
      status: { phase: 'Disposing' },
    });
    expect(steps(deleted({ maintenancePod: podIn('Running') }))).toEqual(['maintain']);
    expect(steps(deleted({ maintenancePod: podIn('Succeeded') }))).toEqual(['endMaintenance', 'finalizer']);
  });

  it.each([
    ['another job has its name', deleted({ job: job('uid-2') })],
    ['the job does not run', deleted({ job: job('uid-1', false), nowMs: deletedMs + 30_001 })],
    [
      'the job has not made it',
      deleted({ job: job('uid-1'), spec: { jobRef: { name: 'counts' }, path, disposal: 'Delete' } }),
    ],
  ])('has it removed by a pod where %s', (_what, row) => {
    expect(steps(row)).toEqual(['maintain']);
  });

  it('is left to the coordinator of its job, which may only be starting again', () => {
    expect(steps(deleted({ job: job('uid-1') }))).toEqual(['dispose']);
    const waiting = decideSavepoint(deleted({ job: job('uid-1', false) }));
    expect(waiting).toMatchObject({ actions: [], againMs: 30_000, status: { phase: 'Disposing' } });
  });

  it('says what goes wrong, and goes in the end all the same', () => {
    const pod = podIn('Running', '{"message":"The store does not answer."}');
    expect(decideSavepoint(deleted({ maintenancePod: pod })).status.message).toContain('does not answer.');
    const late = decideSavepoint(deleted({ maintenancePod: pod, nowMs: deletedMs + 600_000 }));
    expect(late.actions).toMatchObject([
      { kind: 'endMaintenance' },
      { kind: 'tell', notice: { reason: 'DataLeft', message: expect.stringContaining(path) as string } },
      { kind: 'finalizer', present: false },
    ]);
    expect(
      steps(deleted({ job: job('uid-1', false), status: undefined, nowMs: deletedMs + 600_001 })),
    ).toEqual(['finalizer']);
  });

  it('begins again where its pod was evicted', () => {
    expect(steps(deleted({ maintenancePod: podIn('Failed') }))).toEqual(['endMaintenance']);
  });

  it('goes at once when there is no folder that anybody knows of', () => {
    expect(steps(deleted({ status: undefined }))).toEqual(['finalizer']);
    expect(steps(deleted({ status: { phase: 'Failed' } }))).toEqual(['finalizer']);
  });
});
