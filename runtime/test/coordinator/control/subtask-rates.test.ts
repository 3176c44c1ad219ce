import { describe, expect, it } from 'vitest';
import { SubtaskRates } from '../../../src/coordinator/control/subtask-rates.ts';
import type { SubtaskReport } from '../../../src/worker/slot-handle.ts';

const report = (recordsIn: number, busyMs = 0): SubtaskReport => ({
  task: 0,
  name: 'numbers',
  slot: 0,
  recordsIn,
  recordsOut: 2 * recordsIn,
  deadLetters: 0,
  lateRecords: 0,
  watermarkMs: 0,
  busyMs,
  blockedMs: 0,
});

const looked = () => {
  const rates = new SubtaskRates();
  return (nowMs: number, seen: SubtaskReport) => rates.of([seen], nowMs).get(seen);
};

describe('rates of a subtask', () => {
  it('are not known at the first look, and are those of the time since then at the next', () => {
    const look = looked();
    expect(look(1000, report(100))).toBeUndefined();
    expect(look(3000, report(300, 500))).toEqual({
      numRecordsInPerSecond: 100,
      numRecordsOutPerSecond: 200,
      busyTimeMsPerSecond: 250,
      backPressuredTimeMsPerSecond: 0,
    });
  });

  it('are of late: what was long ago does not count', () => {
    const look = looked();
    look(0, report(0));
    look(10_000, report(10_000));
    look(20_000, report(10_000));
    expect(look(21_000, report(10_000))?.['numRecordsInPerSecond']).toBe(0);
  });

  it('are the same for two who look right after one another', () => {
    const look = looked();
    look(0, report(0));
    look(6000, report(600));
    expect(look(6001, report(600))?.['numRecordsInPerSecond']).toBeCloseTo(100, 0);
  });

  it('begin anew with an attempt, whose counters begin at nothing, and after a long time without a look', () => {
    const look = looked();
    look(0, report(1000));
    expect(look(1000, report(10))).toBeUndefined();
    expect(look(2000, report(20))?.['numRecordsInPerSecond']).toBe(10);
    expect(look(200_000, report(30))).toBeUndefined();
  });
});
