import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/kube/kinds.ts';
import { explainPods, podTrouble } from '../../src/streamjob/explain-pods.ts';
import { jobWith, revisionWith, written } from './job-table.ts';

const podWith = (status: Pod['status'], name = 'counts-1-worker-x'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [] },
  status,
});
const container = { name: 'worker', ready: false, restartCount: 1 };
const messageOf = (status: Pod['status']): string | undefined => podTrouble(podWith(status))?.message;

describe('what is wrong with a pod', () => {
  it('is nothing while it starts, runs or goes', () => {
    expect(messageOf(undefined)).toBeUndefined();
    expect(
      messageOf({ containerStatuses: [{ ...container, ready: true, state: { running: {} } }] }),
    ).toBeUndefined();
    const going = podWith({ reason: 'Evicted' });
    expect(
      podTrouble({ ...going, metadata: { name: 'x', deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    ).toBeUndefined();
  });

  it('is the image that cannot be pulled, with the words of the kubelet', () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "nowhere"' };
    expect(messageOf({ containerStatuses: [{ ...container, state: { waiting } }] })).toBe(
      'counts-1-worker-x: worker cannot start: ImagePullBackOff, Back-off pulling image "nowhere"',
    );
  });

  it('is the last word of a program of ours, or the last line of another one’s log', () => {
    const ended = (message: string) => ({
      containerStatuses: [
        {
          ...container,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1, message } },
        },
      ],
    });
    const where = { store: 's3://x' };
    const words = JSON.stringify({
      code: 'io',
      message: 'There is no such bucket.',
      where,
      hint: 'Make it.',
    });
    expect(messageOf(ended(words))).toContain(
      'ended with code 1: There is no such bucket. The store is s3://x. Make it.',
    );
    expect(messageOf(ended('a\nFatal: b\n'))).toContain('ended with code 1: Fatal: b');
  });

  it('is too little memory, room on no node, or an eviction', () => {
    const terminated = { exitCode: 137, reason: 'OOMKilled' };
    expect(messageOf({ containerStatuses: [{ ...container, lastState: { terminated } }] })).toContain(
      'OOMKilled: it needs more than spec.resources.memory',
    );
    const unscheduled = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/1 nodes',
    };
    expect(messageOf({ conditions: [unscheduled] })).toContain('no node has room: 0/1 nodes');
    expect(messageOf({ reason: 'Evicted', message: 'low on memory' })).toContain(
      'was evicted: low on memory',
    );
  });
});

describe('the root cause of a revision', () => {
  const job = jobWith(written());
  const waiting = { reason: 'ErrImagePull' };
  const broken = (name: string): Pod =>
    podWith({ containerStatuses: [{ ...container, state: { waiting } }] }, name);

  it('is the coordinator’s first, and says how many more there are', () => {
    const revision = revisionWith(job, job.spec, {
      pods: [broken('worker-1'), broken('coordinator-1'), broken('worker-2')],
    });
    expect(explainPods(revision)).toBe('coordinator-1: worker cannot start: ErrImagePull (and 2 more)');
  });

  it('is a quota that lets no pod be made', () => {
    const revision = revisionWith(job, job.spec);
    const set = revision.workerSet as NonNullable<typeof revision.workerSet>;
    const failure = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'exceeded quota: pods=2',
    };
    const refused = { ...revision, workerSet: { ...set, status: { conditions: [failure] } } };
    expect(explainPods(refused)).toContain('exceeded quota: pods=2');
    expect(explainPods(revision)).toBeUndefined();
  });
});
