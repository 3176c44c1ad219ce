import { describe, expect, it } from 'vitest';
import { statusOf } from '../../../src/streamjob/status.ts';
import { jobWith, observedWith, planOf, revisionWith, viewOf, written } from '../job-table.ts';

const spec = written('one', { ttlAfterFinished: '1m' });
const job = jobWith(spec);
const revision = revisionWith(job, spec, { view: viewOf({ state: 'finished' }) });
const endedMs = 100_000;
const ended = statusOf(
  observedWith(job, [revision], undefined, endedMs),
  planOf(observedWith(job, [revision], undefined, endedMs)),
);
const planAt = (nowMs: number, of = job) => planOf(observedWith(of, [revision], ended, nowMs));
const isDeleted = (plan: ReturnType<typeof planOf>): boolean =>
  plan.actions.some(({ kind }) => kind === 'deleteJob');

describe('a job that is over', () => {
  it('says since when, and that stays so', () => {
    const finished = (status = ended) => status.conditions?.find(({ type }) => type === 'Finished');
    expect(finished()).toMatchObject({ status: 'True', reason: 'Completed' });
    const later = observedWith(job, [revisionWith(job, spec, { coordinators: 0 })], ended, endedMs + 50_000);
    expect(finished(statusOf(later, planOf(later)))).toEqual(finished());
  });

  it('is deleted when its time is over, and not before', () => {
    expect(isDeleted(planAt(endedMs + 59_000))).toBe(false);
    expect(planAt(endedMs + 59_000).againMs).toBe(1000);
    expect(isDeleted(planAt(endedMs + 60_000))).toBe(true);
  });

  it('stays when nobody wants it gone, or when it runs again', () => {
    expect(isDeleted(planAt(endedMs + 1e9, jobWith(written('one'))))).toBe(false);
    const running = revisionWith(job, spec, { view: viewOf() });
    expect(isDeleted(planOf(observedWith(job, [running], ended, endedMs + 1e9)))).toBe(false);
  });

  it('is looked at again within a day when its time is far away', () => {
    const far = jobWith(written('one', { ttlAfterFinished: '365d' }));
    expect(planAt(endedMs + 1, far).againMs).toBe(24 * 3_600_000);
  });

  it('counts the same when it has failed for good', () => {
    const broken = revisionWith(job, spec, { view: viewOf({ state: 'failed', trouble: 'It broke.' }) });
    const first = observedWith(job, [broken], undefined, endedMs);
    const failed = statusOf(first, planOf(first));
    expect(isDeleted(planOf(observedWith(job, [broken], failed, endedMs + 60_000)))).toBe(true);
  });
});
