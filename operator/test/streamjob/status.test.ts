import { describe, expect, it } from 'vitest';
import { streamJobStatusSchema } from '../../../runtime/src/contract/status.ts';
import { decideWrite, statusOf } from '../../src/streamjob/status.ts';
import {
  jobWith,
  observedWith,
  planOf,
  revisionNameOf,
  revisionWith,
  standbyView,
  viewOf,
  written,
} from './job-table.ts';

const job = jobWith(written());
const name = revisionNameOf(written());
const running = observedWith(job, [revisionWith(job, job.spec, { view: viewOf() })]);
const statusNow = (observed: typeof running) => statusOf(observed, planOf(observed));

describe('the status of a job', () => {
  it('is one that its schema takes, and says what runs', () => {
    const status = statusNow(running);
    expect(streamJobStatusSchema.parse(status)).toEqual(status);
    expect(status).toMatchObject({
      observedGeneration: 1,
      phase: 'Running',
      replicas: 2,
      revision: { current: name },
      checkpoint: { id: 3, time: '1970-01-01T00:00:01Z' },
      attempt: 1,
    });
    expect(status.selector).toContain('millrace.dev/role=worker');
  });

  it('has Reconciling, Stalled and Finished only while they are true', () => {
    const types = (observed: typeof running) =>
      statusNow(observed).conditions?.map(({ type, status }) => `${type}=${status}`);
    expect(types(running)).toEqual(['Ready=True', 'Healthy=True']);
    expect(types(observedWith(job))).toEqual(['Ready=False', 'Reconciling=True', 'Healthy=Unknown']);
    const failed = observedWith(job, [revisionWith(job, job.spec, { view: viewOf({ state: 'failed' }) })]);
    expect(types(failed)).toEqual(['Ready=False', 'Stalled=True', 'Finished=True', 'Healthy=False']);
  });

  it('keeps the time of a condition that says the same as before', () => {
    const first = statusNow(running);
    const later = statusNow({ ...running, status: first, nowMs: running.nowMs + 60_000 });
    expect(later.conditions).toEqual(first.conditions);
  });

  it('shows the plan of the next revision, without what stays the same', () => {
    const spec = written('two');
    const other = jobWith(spec);
    const change = (kind: 'same' | 'added', transform: string) =>
      ({ transform, state: null, change: kind, explanation: 'x' }) as const;
    const view = standbyView('planned', { changes: [change('same', 'a'), change('added', 'b')] });
    const observed = observedWith(other, [
      revisionWith(other, written(), { view: viewOf() }, 1),
      revisionWith(other, spec, { view }, 2),
    ]);
    expect(statusNow(observed).plan).toEqual({
      revision: revisionNameOf(spec),
      result: 'Compatible',
      changes: [{ transform: 'b', change: 'added', explanation: 'x' }],
    });
  });

  it('tells how long records stood still last', () => {
    const report = {
      atMs: 5000,
      pauseMs: 37.4,
      committedPauseMs: null,
      from: '2',
      to: '4',
      outcome: 'done',
      reason: null,
    } as const;
    const observed = observedWith(job, [
      revisionWith(job, job.spec, { view: viewOf({ lastRescale: report }) }),
    ]);
    expect(statusNow(observed)).toMatchObject({
      lastPause: '37ms',
      lastRescale: { pauseMs: 37, outcome: 'Done' },
    });
  });
});

describe('when a status is written', () => {
  const status = statusNow(running);
  const newer = { ...status, checkpoint: { id: 9, time: '1970-01-01T00:02:00Z' } };

  it('is at once for a transition, and never while nothing is new', () => {
    expect(decideWrite(undefined, status, undefined, 0, 0)).toEqual({ write: true });
    expect(decideWrite(status, { ...status, phase: 'Restarting' }, 0, 0, 0)).toEqual({ write: true });
    expect(decideWrite(status, status, 0, 9_999_999, 0)).toEqual({ write: false });
  });

  it('is after some minutes for a newer checkpoint, at a moment of its own', () => {
    expect(decideWrite(status, newer, 0, 1000, 0)).toEqual({ write: false, againMs: 269_000 });
    expect(decideWrite(status, newer, 0, 1000, 1)).toEqual({ write: false, againMs: 329_000 });
    expect(decideWrite(status, newer, 0, 300_000, 0.5)).toEqual({ write: true });
  });
});
