import type { SubtaskReport } from '../worker/slot-handle.ts';
import { shortTime } from './numbers.ts';

/** What a job has done altogether, in its last attempt. */
export interface JobTotals {
  /** By all its sources. */
  readonly recordsRead: number;
  readonly lateRecords: number;
  readonly deadLetters: number;
}

/** Adds up the counters of all subtasks. */
export const jobTotals = (
  reports: readonly SubtaskReport[],
  isSource: (task: number) => boolean,
): JobTotals => {
  const totals = { recordsRead: 0, lateRecords: 0, deadLetters: 0 };
  for (const { task, recordsIn, lateRecords, deadLetters } of reports) {
    if (isSource(task)) totals.recordsRead += recordsIn;
    totals.lateRecords += lateRecords;
    totals.deadLetters += deadLetters;
  }
  return totals;
};

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The last line about a job: how it ended, what went in, what was left out, how long it took. */
export const summaryLine = (
  jobName: string,
  state: string,
  { recordsRead, lateRecords, deadLetters }: JobTotals,
  elapsedMs: number,
): string => {
  const counts = [
    `${counted(recordsRead, 'record')} read`,
    ...(lateRecords > 0 ? [`${lateRecords} late`] : []),
    ...(deadLetters > 0 ? [counted(deadLetters, 'dead letter')] : []),
  ];
  return `${jobName} ${state} after ${shortTime(elapsedMs)}: ${counts.join(', ')}`;
};
