import { describe, expect, it } from 'vitest';
import { slowTaskOf } from '../../src/coordinator/slow-task.ts';
import { joinFlows } from '../../src/task/flow-counts.ts';

const report = (
  task: number,
  slot: number,
  passedCheckpointId: number,
  isBackPressured: boolean = false,
) => ({
  task,
  name: `task ${task}`,
  slot,
  flow: {
    passedCheckpointId,
    isBackPressured,
    outputWatermarkMs: 0,
    elapsedMs: 0,
    input: joinFlows([]),
    output: joinFlows([]),
  },
});

describe('the task that holds a barrier up', () => {
  it('is the first where it has not passed and that does not wait for room itself', () => {
    const reports = [
      report(2, 0, 6),
      report(1, 1, 6),
      report(1, 0, 6),
      report(0, 0, 6, true),
      report(0, 1, 7),
    ];
    expect(slowTaskOf(reports, 7)).toBe('“task 1” in slot 0, 1');
  });

  it('is the first of all when all wait for room', () => {
    expect(slowTaskOf([report(1, 0, 6, true), report(0, 0, 6, true)], 7)).toBe('“task 0” in slot 0');
  });

  it('is none when the barrier has passed everywhere', () => {
    expect(slowTaskOf([report(0, 0, 7), report(1, 0, Infinity)], 7)).toBeUndefined();
  });
});
