import { describe, expect, it } from 'vitest';
import type { SavepointStatus } from '../../../runtime/src/contract/control/savepoints.ts';
import { savepointObjectStatusSchema } from '../../../runtime/src/contract/savepoint.ts';
import { decideSavepoint, type ObservedSavepoint } from '../../src/savepoint/decide.ts';
import { savepointStatus } from '../../src/savepoint/status.ts';
import { viewOf } from '../streamjob/job-table.ts';

const known = (state: SavepointStatus['state'], more: Partial<SavepointStatus> = {}): SavepointStatus => ({
  name: 'before-friday',
  state,
  checkpointId: 7,
  startedMs: 0,
  completedMs: state === 'completed' ? 5000 : null,
  bytes: 12,
  progress: 1,
  location: state === 'completed' ? 'jobs/uid-1/savepoints/before-friday' : null,
  failure: null,
  ...more,
});
const job = (savepoints: readonly SavepointStatus[] = [], running = true) => ({
  uid: 'uid-1',
  revision: 'r1',
  serviceAccount: { name: 'shop' },
  view: running ? viewOf({}, undefined, { savepoints }) : undefined,
  store: { s3: { bucket: 'snapshots', prefix: 'p', region: 'r', pathStyle: true } },
});
const observed = (
  more: Partial<ObservedSavepoint> & { readonly metadata?: object } = {},
): ObservedSavepoint => {
  const { metadata, ...rest } = more;
  return {
    savepoint: {
      apiVersion: 'millrace.dev/v1alpha1',
      kind: 'Savepoint',
      metadata: {
        name: 'before-friday',
        namespace: 'jobs',
        uid: 'u',
        resourceVersion: '1',
        generation: 1,
        ...metadata,
      },
      spec: {},
    },
    status: undefined,
    spec: { jobRef: { name: 'counts' }, disposal: 'Retain' },
    job: job(),
    maintenancePod: undefined,
    nowMs: 100_000,
    ...rest,
  };
};
const kinds = (row: ObservedSavepoint) => decideSavepoint(row).actions.map(({ kind }) => kind);

describe('a savepoint', () => {
  it('is asked for while its job runs, and waits where it does not', () => {
    expect(decideSavepoint(observed())).toMatchObject({
      actions: [{ kind: 'create', name: 'before-friday' }],
      status: { phase: 'InProgress' },
    });
    const waiting = decideSavepoint(observed({ job: job([], false) }));
    expect(waiting).toMatchObject({ actions: [], status: { phase: 'Pending' } });
    expect(decideSavepoint(observed({ job: undefined })).status.message).toContain('no StreamJob “counts”');
  });

  it('tells what the coordinator says, and all that is needed when the job is gone', () => {
    expect(decideSavepoint(observed({ job: job([known('inProgress')]) }))).toMatchObject({
      actions: [],
      status: { phase: 'InProgress' },
    });
    expect(
      decideSavepoint(observed({ job: job([known('failed', { failure: 'the disk is full' })]) })).status,
    ).toEqual({
      phase: 'Failed',
      message: 'the disk is full',
    });
    expect(decideSavepoint(observed({ job: job([known('completed')]) })).status).toMatchObject({
      phase: 'Completed',
      path: 'jobs/uid-1/savepoints/before-friday',
      completedTime: '1970-01-01T00:00:05Z',
      checkpointId: 7,
      revision: 'r1',
      store: { s3: { bucket: 'snapshots' } },
      serviceAccount: { name: 'shop' },
    });
  });

  it('that is complete or has failed stays so, whatever becomes of its job', () => {
    for (const phase of ['Completed', 'Failed'] as const) {
      const row = observed({ status: { phase, path: 'x' }, job: undefined });
      expect(decideSavepoint(row)).toMatchObject({ actions: [], status: { phase, path: 'x' } });
    }
  });

  it('that lies in the store already is taken into care', () => {
    const spec = { jobRef: { name: 'counts' }, path: 'jobs/a/savepoints/b', disposal: 'Retain' } as const;
    expect(decideSavepoint(observed({ spec })).status).toMatchObject({
      phase: 'Completed',
      path: 'jobs/a/savepoints/b',
    });
  });

  it('makes no sense: told, and nothing is asked', () => {
    expect(decideSavepoint(observed({ spec: { problem: 'expected a name' } }))).toMatchObject({
      actions: [],
      status: { phase: 'Failed', message: 'expected a name' },
    });
  });
});

describe('a savepoint that is deleted', () => {
  const spec = { jobRef: { name: 'counts' }, disposal: 'Delete' } as const;
  const deleted = { finalizers: ['millrace.dev/dispose'], deletionTimestamp: new Date(90_000).toISOString() };

  it('holds its object only where its folder goes with it', () => {
    expect(kinds(observed({ spec, job: job([known('completed')]) }))).toEqual(['finalizer']);
    expect(
      kinds(observed({ metadata: { finalizers: ['millrace.dev/dispose'] }, job: job([known('completed')]) })),
    ).toEqual(['finalizer']);
  });

  it('has its folder removed first', () => {
    const row = observed({
      spec,
      metadata: deleted,
      status: { phase: 'Completed' },
      job: job([known('completed')]),
    });
    expect(decideSavepoint(row)).toMatchObject({
      actions: [{ kind: 'dispose' }],
      status: { phase: 'Disposing' },
    });
    const gone = observed({ spec, metadata: deleted, status: { phase: 'Disposing' } });
    expect(decideSavepoint(gone).actions).toEqual([{ kind: 'finalizer', present: false }]);
  });
});

describe('the status of a savepoint', () => {
  it('is one that its schema takes, with conditions that keep their time', () => {
    const plan = decideSavepoint(observed({ job: job([known('completed')]) }));
    const first = savepointStatus(plan.status, [], 1, 100_000);
    expect(savepointObjectStatusSchema.parse(first)).toEqual(first);
    expect(first.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual(['Ready=True']);
    expect(savepointStatus(plan.status, first.conditions ?? [], 1, 900_000)).toEqual(first);
    expect(savepointStatus({ phase: 'Failed' }, [], 1, 0).conditions?.[1]).toMatchObject({ type: 'Stalled' });
  });
});
