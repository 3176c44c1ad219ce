import { describe, expect, it } from 'vitest';
import type { LiveCheckpoint } from '../../src/contract/checkpoint.ts';
import { checkpointPolicyOf } from '../../src/coordinator/checkpoint-times.ts';
import { createLocalControl } from '../../src/coordinator/control/local-control.ts';
import type { LocalState } from '../../src/coordinator/local.ts';
import { Outlet } from '../support/outlet.ts';
import {
  type Counted,
  countClicks,
  createStoredJob,
  Hold,
  logger,
  newStore,
  stateIn,
  system,
  until,
} from './stored-job.ts';

const every = (interval: string): LiveCheckpoint => ({
  interval,
  retained: 2,
  timeout: '10s',
  minPause: '0s',
  tolerableFailures: 0,
  unaligned: { enabled: false, timeout: '10s' },
});

/** A target that keeps what is prepared for little more than an hour. */
class Impatient extends Outlet<Counted> {
  override sink(): ReturnType<Outlet<Counted>['sink']> {
    return { ...super.sink(), longestTransactionMs: 4_000_000 };
  }
}

/** A job that waits in the middle of its input and takes no checkpoint by itself. */
const waiting = async (outlet = new Outlet<Counted>()) => {
  const hold = new Hold();
  const policy = { ...checkpointPolicyOf(every('1h')) };
  const state: LocalState = {
    ...stateIn(newStore(), 'clicks'),
    policy,
    tune: (checkpoint) => void Object.assign(policy, checkpointPolicyOf(checkpoint)),
  };
  const job = createStoredJob(countClicks(outlet, hold), state);
  const control = createLocalControl({ system, logger, job, name: 'clicks', version: '1' });
  job.start();
  await until(() => job.state === 'running');
  const end = async () => {
    hold.release();
    return await job.ended;
  };
  return { control, job, end };
};

describe('settings that a job is given while it runs', () => {
  it('hold at once, and nothing restarts', async () => {
    const { control, job, end } = await waiting();
    expect(await control.getStatus({})).toMatchObject({ settings: null, lastCheckpoint: null });
    const told = await control.configure({ name: 'often', settings: { checkpoint: every('100ms') } });
    expect(told).toMatchObject({ settings: 'often', attempt: 1, state: 'running' });
    const taken = () =>
      (control.getStatus({}) as { lastCheckpoint: { id: number } | null }).lastCheckpoint?.id;
    await until(() => (taken() ?? 0) >= 2);
    expect(job.attempt).toBe(1);
    expect(await end()).toMatchObject({ state: 'finished', attempts: 1 });
  });

  it('decide about the next failure', async () => {
    const { control, job, end } = await waiting();
    const restart = { strategy: 'FixedDelay', fixedDelay: { attempts: 1, delay: '0s' } } as const;
    await control.configure({ name: 'restarts', settings: { restart } });
    job.inside?.giveUp(new Error('broken'));
    await until(() => job.state === 'running' && job.attempt === 2);
    expect(await end()).toMatchObject({ state: 'finished', attempts: 2 });
  });

  it('are left as they are when a sink could not wait so long, or newer ones were given', async () => {
    const { control, end } = await waiting(new Impatient());
    await control.configure({ name: 'first', settings: { checkpoint: every('1s') }, sequence: 4 });
    await expect(async () =>
      control.configure({ name: 'late', settings: { checkpoint: every('2s') }, sequence: 3 }),
    ).rejects.toMatchObject({ code: 'conflict' });
    await expect(async () =>
      control.configure({ name: 'slow', settings: { checkpoint: every('2h') }, sequence: 5 }),
    ).rejects.toMatchObject({ code: 'job-invalid' });
    expect(await control.getStatus({})).toMatchObject({ settings: 'first' });
    await end();
  });
});
