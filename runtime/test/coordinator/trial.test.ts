import { describe, expect, it } from 'vitest';
import type { CommitPermit } from '../../src/checkpoint/permit.ts';
import { judgeFailure, Trial, type TrialPhase, type TrialPolicy } from '../../src/coordinator/trial.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { settle } from './fake-deployment.ts';
import { keptLog } from './frozen-job.ts';

const policy: TrialPolicy = {
  held: 2,
  windowMs: 1000,
  maxRestarts: 1,
  rollsBack: true,
  timeoutMs: 5000,
  watchesLag: true,
};

describe('a failure of a revision on trial', () => {
  it.each([
    ['held', 1, true, 'restart'],
    ['held', 2, true, 'rollBack'],
    ['held', 2, false, 'stalled'],
    ['released', 2, true, 'rollBack'],
    ['released', 2, false, 'stalled'],
    ['promoted', 9, true, 'restart'],
  ] as const)('%s, the %i. one, with a way back: %s → %s', (phase, failures, canGoBack, verdict) => {
    expect(judgeFailure(policy, { phase, failures, canGoBack })).toBe(verdict);
  });

  it('is a failure like any other where nothing is to be rolled back', () => {
    const standing = { phase: 'held', failures: 5, canGoBack: true } as const;
    expect(judgeFailure({ ...policy, rollsBack: false }, standing)).toBe('restart');
  });
});

const begin = (isReleased = false, completed = 0, released?: () => Promise<CommitPermit>) => {
  const machine = createTestSystem();
  const { logger, lines } = keptLog();
  const told: string[] = [];
  const lag: string[] = [];
  const trial = new Trial({
    system: machine.system,
    logger,
    policy,
    log: {
      released:
        released ??
        (async () => {
          told.push('log: released');
          return {} as CommitPermit;
        }),
      promoted: async () => void told.push('log: promoted'),
    },
    commit: async () => void told.push('commit'),
    lag: { begin: () => void lag.push('begin'), end: () => void lag.push('end') },
    onPhase: (phase: TrialPhase) => void told.push(phase),
    onTimeout: (reason) => void told.push(reason),
  });
  trial.begin({ isReleased, completed });
  return { machine, trial, told, lines, lag };
};

describe('a trial', () => {
  it('holds output for some checkpoints, then watches for a while, each step in the log first', async () => {
    const { machine, trial, told } = begin();
    trial.checkpointCompleted();
    await settle();
    expect(told).toEqual(['held']);
    expect(trial.held).toEqual({ completed: 1, wanted: 2 });
    trial.checkpointCompleted();
    await settle();
    expect(told).toEqual(['held', 'log: released', 'commit', 'released']);
    machine.advance(999);
    await settle();
    expect(trial.phase).toBe('released');
    machine.advance(1);
    await settle();
    expect(told.slice(4)).toEqual(['log: promoted', 'promoted']);
  });

  it('goes on where an earlier process has left it', async () => {
    const held = begin(false, 2);
    await settle();
    expect(held.told).toEqual(['held', 'log: released', 'commit', 'released']);
    expect(begin(true, 7).told).toEqual(['released']);
  });

  it('is over when output was held for too long, or when somebody ends it', async () => {
    const { machine, told } = begin();
    machine.advance(5000);
    expect(told.at(-1)).toBe('its output was held for 5 s without 2 checkpoints');
    const ended = begin();
    ended.trial.end();
    ended.machine.advance(5000);
    ended.trial.checkpointCompleted();
    ended.trial.checkpointCompleted();
    await settle();
    expect(ended.told).toEqual(['held']);
  });

  it('is watched for its lag from the beginning of each attempt to its end', async () => {
    const { machine, trial, lag } = begin(false, 2);
    trial.begin({ isReleased: false, completed: 2 });
    await settle();
    expect(lag).toEqual(['begin', 'begin']);
    machine.advance(1000);
    await settle();
    expect(trial.phase).toBe('promoted');
    expect(lag).toEqual(['begin', 'begin', 'end']);
    const stalled = begin();
    stalled.trial.stall();
    expect(stalled.lag).toEqual(['begin', 'end']);
  });

  it('tries again at the next checkpoint when the log could not be written', async () => {
    let tries = 0;
    const { trial, told, lines } = begin(false, 0, async () => {
      tries++;
      if (tries === 1) throw new Error('no answer');
      return {} as CommitPermit;
    });
    for (let i = 0; i < 3; i++) {
      trial.checkpointCompleted();
      await settle();
    }
    expect(lines).toEqual(['warn: The new revision is not released yet: no answer']);
    expect(told).toEqual(['held', 'commit', 'released']);
  });
});
