import { describe, expect, it } from 'vitest';
import type { StreamJobStatus } from '../../../../../runtime/src/contract/status.ts';
import type { JobPicture } from '../../../../src/cli/plugin/job-picture.ts';
import { causeOf } from '../../../../src/cli/plugin/text/explain-text.ts';
import { statusLines, statusTable } from '../../../../src/cli/plugin/text/status-text.ts';
import type { Pod } from '../../../../src/kube/kinds.ts';
import type { Stored } from '../../../../src/kube/objects.ts';
import { jobWith, written } from '../../../streamjob/job-table.ts';

const time = '1970-01-01T00:00:00Z';
const nowMs = 100_000;

const condition = (type: string, status: 'True' | 'False', reason: string, message = `${reason}.`) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: time,
});

const jobThat = (status: StreamJobStatus | undefined, metadata: object = {}): JobPicture['job'] => ({
  ...jobWith(written('one'), { creationTimestamp: time, ...metadata }),
  status: status && { observedGeneration: 1, ...status },
});

const lost: Stored<Pod> = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'counts-1-worker-x', uid: 'x', resourceVersion: '1' },
  spec: { containers: [] },
  status: { reason: 'Evicted', message: 'the node had no memory' },
};

const causeIn = (
  status: StreamJobStatus | undefined,
  pods: readonly Stored<Pod>[] = [],
  metadata: object = {},
): string => {
  const { cause, next } = causeOf({ job: jobThat(status, metadata), revisions: [], sets: [], pods });
  return next === undefined ? cause : `${cause} → ${next}`;
};

describe('the root cause of a job', () => {
  const going = condition('Ready', 'False', 'Starting');

  it.each<[string, StreamJobStatus | undefined, RegExp]>([
    ['nobody has looked', undefined, /^No operator has looked at it\. → see whether the operator runs/],
    [
      'it is stuck',
      { conditions: [going, condition('Stalled', 'True', 'JobFailed', 'division by zero')] },
      /^division by zero → kubectl millrace logs counts; .* kubectl millrace retry counts$/,
    ],
    [
      'it was taken back',
      { conditions: [condition('Stalled', 'True', 'RolledBack', 'It was taken back.')] },
      /^It was taken back\. → correct the job and apply it again/,
    ],
    ['it is under way', { conditions: [going] }, /^Starting\.$/],
    ['it says only its phase', { phase: 'Pending' }, /^It is Pending\.$/],
    [
      'all is well',
      { phase: 'Running', conditions: [condition('Ready', 'True', 'Running', 'It runs.')] },
      /^Nothing is wrong\. It runs\.$/,
    ],
    [
      'no records flow',
      {
        phase: 'Running',
        conditions: [
          condition('Ready', 'True', 'Running', 'It runs.'),
          condition('Healthy', 'False', 'NotFlowing', 'No records flow.'),
        ],
      },
      /^It runs\. But: No records flow\.$/,
    ],
  ])('is found where %s', (_what, status, expected) => {
    expect(causeIn(status)).toMatch(expected);
  });

  it('is a pod in trouble, unless a person is waited for', () => {
    expect(causeIn({ conditions: [going] }, [lost])).toBe(
      'counts-1-worker-x was evicted: the node had no memory',
    );
    const waiting = condition('Ready', 'False', 'AwaitingApproval', 'It waits.');
    expect(causeIn({ conditions: [waiting] }, [lost])).toMatch(
      /^It waits\. → kubectl millrace plan counts, /,
    );
  });

  it('is a generation that nobody has seen, or the annotation that pauses it', () => {
    expect(causeIn({}, [], { generation: 3 })).toMatch(
      /^No operator has looked at its generation 3; the last one that was seen is 1\./,
    );
    expect(causeIn({}, [], { annotations: { 'millrace.dev/paused': 'true' } })).toMatch(
      /^The operator leaves it alone/,
    );
  });
});

describe('the status of a job', () => {
  const full: StreamJobStatus = {
    phase: 'Rescaling',
    conditions: [condition('Ready', 'False', 'Rescaling', 'It is to have 2 slots.')],
    replicas: 1,
    workersReady: '1/2',
    revision: { current: 'aaaa', next: 'bbbb', rejected: 'cccc' },
    attempt: 4,
    term: 2,
    checkpoint: { id: 7, time: '1970-01-01T00:01:00Z' },
    lastPause: '120ms',
    lastUpgrade: { from: 'a', to: 'b', time, pauseMs: 120, outcome: 'RolledBack', reason: 'it was slow' },
    savepoint: { last: 'before', time },
    restored: { id: 'monday', from: 'checkpoint 5' },
  };

  it('is a line of a table, or a fact a line', () => {
    expect(statusTable([jobThat(full)], nowMs)).toEqual([
      'NAME    PHASE      READY  SLOTS  REVISION  CHECKPOINT  LAST PAUSE  AGE',
      'counts  Rescaling  False  1/2    aaaa      40s ago     120ms       1m40s',
    ]);
    expect(statusLines(jobThat(full), nowMs)).toEqual([
      'jobs/counts, 1m40s old',
      '  phase       Rescaling: It is to have 2 slots.',
      '  slots       1/2, workers ready: 1/2',
      '  revision    aaaa, next: bbbb, not tried again: cccc',
      '  attempt     4, of coordinator 2',
      '  checkpoint  7, 40s ago',
      '  savepoint   before, 1m40s ago',
      '  upgrade     a → b, 1m40s ago; records stood still for 120 ms, taken back: it was slow',
      '  restored    monday, from checkpoint 5',
    ]);
  });

  it('is told of a job that nobody has looked at, and of one whose status makes no sense', () => {
    for (const status of [undefined, { phase: 'Dancing' } as never])
      expect(statusLines(jobThat(status), nowMs)).toEqual([
        'jobs/counts, 1m40s old',
        '  phase  unknown: no operator has looked at it yet',
        '  slots  0/2',
      ]);
  });
});
