import { describe, expect, it } from 'vitest';
import type { ContainerState, Pod } from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/objects.ts';
import { progressOf } from '../../src/maintenance/progress.ts';

const pod = (
  phase: string,
  state: ContainerState = {},
  more: { readonly metadata?: object; readonly status?: object; readonly lastState?: ContainerState } = {},
): Stored<Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'm', namespace: 'jobs', uid: 'u', resourceVersion: '1', ...more.metadata },
  spec: { containers: [] },
  status: {
    phase,
    containerStatuses: [
      { name: 'maintenance', ready: false, restartCount: 0, state, lastState: more.lastState },
    ],
    ...more.status,
  },
});
const ended = (exitCode: number, message: string): ContainerState => ({ terminated: { exitCode, message } });

describe('the progress of maintenance', () => {
  it.each([
    ['there is no pod', undefined, { kind: 'none' }],
    [
      'the pod is taken away',
      pod('Running', {}, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
      { kind: 'none' },
    ],
    ['it works', pod('Running', { running: {} }), { kind: 'running', trouble: undefined }],
    [
      'its image is not there',
      pod('Pending', { waiting: { reason: 'ErrImagePull', message: 'not found' } }),
      { kind: 'running', trouble: 'm: maintenance cannot start: ErrImagePull, not found' },
    ],
    [
      'it has failed and is tried again',
      pod(
        'Running',
        { waiting: { reason: 'CrashLoopBackOff' } },
        { lastState: ended(1, '{"message":"The store is silent.","hint":"Start it."}') },
      ),
      { kind: 'running', trouble: 'm: maintenance ended with code 1: The store is silent. Start it.' },
    ],
    [
      'it is done',
      pod('Succeeded', ended(0, '{"operation":"deleteJob","objects":12,"bytes":3}')),
      { kind: 'done', objects: 12 },
    ],
    ['it is done and says nothing', pod('Succeeded', ended(0, 'bye')), { kind: 'done', objects: undefined }],
    [
      'its time is over',
      pod(
        'Failed',
        {},
        {
          status: {
            message: 'Pod was active on the node longer than the specified deadline',
            containerStatuses: [],
          },
        },
      ),
      { kind: 'failed', trouble: 'Pod was active on the node longer than the specified deadline' },
    ],
  ])('is told where %s', (_what, found, progress) => {
    expect(progressOf(found)).toEqual(progress);
  });
});
