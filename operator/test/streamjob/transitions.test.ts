import { describe, expect, it } from 'vitest';
import type { StreamJobStatus } from '../../../runtime/src/contract/status.ts';
import { noticesOf } from '../../src/streamjob/transitions.ts';

const status = (
  phase: NonNullable<StreamJobStatus['phase']>,
  reason: string,
  more: Partial<StreamJobStatus> = {},
  isStalled = false,
): StreamJobStatus => {
  const condition = { message: `${reason} in words`, lastTransitionTime: '2026-01-01T00:00:00Z' };
  return {
    phase,
    conditions: [
      { type: 'Ready', status: reason === 'Running' ? 'True' : 'False', reason, ...condition },
      ...(isStalled ? [{ type: 'Stalled', status: 'True', reason, ...condition } as const] : []),
    ],
    ...more,
  };
};
const upgrade = {
  from: 'a',
  to: 'b',
  time: '2026-01-01T00:00:00Z',
  pauseMs: 120,
  outcome: 'RolledBack',
  reason: 'it crashed',
} as const;

describe('what people read of a job', () => {
  it('is a transition, once', () => {
    const starting = status('Starting', 'Starting');
    expect(noticesOf(undefined, starting)).toEqual([
      { type: 'Normal', reason: 'Starting', message: 'Starting in words' },
    ]);
    expect(noticesOf(starting, starting)).toEqual([]);
    expect(noticesOf(starting, status('Running', 'Running'))).toMatchObject([{ reason: 'Running' }]);
  });

  it('is never a figure', () => {
    const checkpoint = { id: 7, time: '2026-01-01T00:00:00Z' };
    expect(noticesOf(status('Running', 'Running'), status('Running', 'Running', { checkpoint }))).toEqual([]);
  });

  it('is a warning where something is wrong', () => {
    const running = status('Running', 'Running');
    expect(noticesOf(running, status('Running', 'Incompatible', {}, true))).toMatchObject([
      { type: 'Warning' },
    ]);
    expect(noticesOf(running, status('Restarting', 'Restarting'))).toMatchObject([{ type: 'Warning' }]);
  });

  it('is what an upgrade or a rescale has come to', () => {
    const before = status('Running', 'Running');
    const after = status('Running', 'Running', {
      lastUpgrade: upgrade,
      lastRescale: { from: '1', to: '4', time: upgrade.time, pauseMs: 40, outcome: 'Done' },
    });
    expect(noticesOf(before, after)).toEqual([
      {
        type: 'Warning',
        reason: 'UpgradeRolledBack',
        message: 'From a to b; records stood still for 120 ms: it crashed',
      },
      { type: 'Normal', reason: 'RescaleDone', message: 'From 1 to 4; records stood still for 40 ms' },
    ]);
    expect(noticesOf(after, after)).toEqual([]);
  });
});
