import { expect, it } from 'vitest';
import type { ObservedRevision } from '../../../src/streamjob/observed.ts';
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

const job = jobWith(written('now'));
const running = revisionWith(job, written('now'), { view: viewOf() }, 100);

/** Nothing runs of it any more. */
const past = (i: number): ObservedRevision => ({
  ...revisionWith(job, written(`past-${i}`), {}, i),
  coordinatorSet: undefined,
  workerSet: undefined,
});
const nameOf = (i: number): string => revisionNameOf(written(`past-${i}`));
const forgottenOf = (revisions: readonly ObservedRevision[], status?: object): readonly string[] =>
  told(planOf(observedWith(job, revisions, status as never))).filter((what) => what.startsWith('forget'));

it('keeps the newest ten revisions of which nothing runs, and forgets the oldest', () => {
  const all = Array.from({ length: 12 }, (_, i) => past(i + 1));
  expect(forgottenOf([...all.slice(2), running])).toEqual([]);
  expect(forgottenOf([...all, running])).toEqual([`forget ${nameOf(1)}`, `forget ${nameOf(2)}`]);
});

it('keeps one that is not tried again by itself, however old, and all that has pods', () => {
  const all = Array.from({ length: 12 }, (_, i) => past(i + 1));
  const rejected = { revision: { current: running.name, rejected: nameOf(1) }, attempt: 1 };
  expect(forgottenOf([...all, running], rejected)).toEqual([`forget ${nameOf(2)}`]);
});
