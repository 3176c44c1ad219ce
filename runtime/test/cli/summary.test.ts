import { describe, expect, it } from 'vitest';
import { jobTotals, summaryLine } from '../../src/cli/summary.ts';
import type { SubtaskReport } from '../../src/worker/slot-handle.ts';

const report = (task: number, slot: number, more: Partial<SubtaskReport> = {}): SubtaskReport => ({
  task,
  name: `task ${task}`,
  slot,
  recordsIn: 10,
  recordsOut: 5,
  lateRecords: 0,
  deadLetters: 0,
  watermarkMs: 0,
  busyMs: 0,
  blockedMs: 0,
  ...more,
});

describe('what a job has done altogether', () => {
  it('counts the records that all sources have read in all slots, and no record twice', () => {
    const reports = [report(0, 0), report(0, 1), report(1, 0), report(2, 0, { recordsIn: 3 })];
    const isSource = (task: number): boolean => task === 0 || task === 2;
    expect(jobTotals(reports, isSource)).toEqual({ recordsRead: 23, lateRecords: 0, deadLetters: 0 });
  });

  it('counts late records and dead letters wherever they came up', () => {
    const reports = [report(0, 0, { deadLetters: 2 }), report(1, 0, { deadLetters: 1, lateRecords: 4 })];
    expect(jobTotals(reports, () => false)).toEqual({ recordsRead: 0, lateRecords: 4, deadLetters: 3 });
  });

  it('is nothing before the first report', () => {
    expect(jobTotals([], () => true)).toEqual({ recordsRead: 0, lateRecords: 0, deadLetters: 0 });
  });
});

describe('the last line of a run', () => {
  const line = (recordsRead: number, lateRecords = 0, deadLetters = 0): string =>
    summaryLine('flights', 'finished', { recordsRead, lateRecords, deadLetters }, 1234);

  it('tells how the job ended, after how long, and what it has read', () => {
    expect(line(20_000)).toBe('flights finished after 1.2 s: 20000 records read');
  });

  it('tells of what was left out, only when something was', () => {
    expect(line(2, 3, 4)).toBe('flights finished after 1.2 s: 2 records read, 3 late, 4 dead letters');
  });

  it('speaks of one as of one', () => {
    expect(line(1, 1, 1)).toBe('flights finished after 1.2 s: 1 record read, 1 late, 1 dead letter');
  });
});
