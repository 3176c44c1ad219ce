import { describe, expect, it } from 'vitest';
import { TaskViews } from '../../src/cli/task-view.ts';
import type { SubtaskReport } from '../../src/worker/slot-handle.ts';

const report = (slot: number, more: Partial<SubtaskReport> = {}): SubtaskReport => ({
  task: 0,
  name: 'count',
  slot,
  recordsIn: 100,
  recordsOut: 10,
  lateRecords: 1,
  deadLetters: 0,
  watermarkMs: 5000 + slot,
  busyMs: 100,
  blockedMs: 0,
  ...more,
});

describe('the view of a task', () => {
  it('sums its subtasks and shows the least watermark', () => {
    const views = new TaskViews(0);
    expect(views.look([report(1), report(0)], 1000)).toMatchObject([
      {
        subtasks: 2,
        recordsIn: 200,
        lateRecords: 2,
        watermarkMs: 5000,
        recordsInPerSecond: 200,
        busyShare: 0.1,
      },
    ]);
  });

  it('tells rates since the last look', () => {
    const views = new TaskViews(0);
    views.look([report(0)], 1000);
    expect(views.look([report(0, { recordsIn: 400, busyMs: 600 })], 2000)).toMatchObject([
      { recordsIn: 400, recordsInPerSecond: 300, busyShare: 0.5 },
    ]);
  });

  it('tells rates over a span, so that bursts do not make a task seem to stand still', () => {
    const views = new TaskViews(0, 2000);
    const rateAt = (nowMs: number, recordsIn: number): number | undefined =>
      views.look([report(0, { recordsIn })], nowMs)[0]?.recordsInPerSecond;
    expect(rateAt(1000, 2000)).toBe(2000);
    expect(rateAt(1200, 2000)).toBeCloseTo(1667, 0);
    expect(rateAt(2000, 4000)).toBe(2000);
    // Since the look at 1000 ms, and then since that at 1200 ms.
    expect(rateAt(3000, 4000)).toBe(1000);
    expect(rateAt(3200, 4000)).toBe(1000);
  });

  it('starts anew when counters went back with a new attempt', () => {
    const views = new TaskViews(0);
    views.look([report(0)], 1000);
    expect(views.look([report(0, { recordsIn: 50 })], 2000)).toMatchObject([{ recordsInPerSecond: 50 }]);
  });
});
