import type { Job, Source } from 'millrace';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLocalControl } from '../../src/coordinator/control/local-control.ts';
import type { LocalSettings } from '../../src/coordinator/local.ts';
import { Outlet } from '../support/outlet.ts';
import {
  type Counted,
  countClicks,
  createStoredJob,
  golden,
  Hold,
  logger,
  newStore,
  sorted,
  stateIn,
  system,
  until,
} from './stored-job.ts';

let expected: readonly string[];
beforeAll(async () => {
  expected = await golden(() => new Outlet<Counted>());
});

/** A job in the middle of its input. `change`: of the job's function, for each graph that is built. */
const running = async (options: Partial<LocalSettings> = {}, change = (job: Job): Job => job) => {
  const outlet = new Outlet<Counted>();
  const hold = new Hold();
  const store = newStore();
  const job = createStoredJob(change(countClicks(outlet, hold)), stateIn(store, 'clicks', 5), {
    parallelism: 1,
    maxParallelism: 32,
    ...options,
  });
  const control = createLocalControl({ system, logger, job, name: 'clicks', version: '1' });
  job.start();
  await until(() => outlet.committed.length > 0);
  const end = async () => {
    hold.release();
    const { state, attempts } = await job.ended;
    return { state, attempts, isExact: JSON.stringify(sorted(outlet.visible)) === JSON.stringify(expected) };
  };
  return { outlet, hold, job, control, end };
};

describe('a rescale of a running job', () => {
  it('goes to any number of slots, one after the other, with the results of a run without', async () => {
    const { job, end } = await running();
    for (const slots of [7, 3, 16]) {
      await job.changes.rescale(slots);
      expect(job.graph.slots).toBe(slots);
      expect(job.state).toBe('running');
    }
    expect(await end()).toEqual({ state: 'finished', attempts: 4, isExact: true });
  });

  it('is a wish of the control API, which tells how long records stood still', async () => {
    const { control, end } = await running();
    expect(await control.setParallelism({ parallelism: 2, sequence: 7 })).toEqual({
      desired: 2,
      actual: 1,
      maximum: 32,
      sequence: 7,
    });
    // The newest wish counts, and one that comes late does not.
    await control.setParallelism({ parallelism: 3, sequence: 8 });
    await expect(async () => control.setParallelism({ parallelism: 4, sequence: 7 })).rejects.toMatchObject({
      code: 'conflict',
    });
    const status = () => control.getStatus({}) as { parallelism: { actual: number }; lastRescale: unknown };
    await until(() => status().parallelism.actual === 3 && status().lastRescale !== null);
    expect(status().lastRescale).toMatchObject({ to: '3', outcome: 'done', reason: null });
    expect(await end()).toMatchObject({ state: 'finished', isExact: true });
  });

  it('keeps the number of key groups, which follows from the first number of slots', async () => {
    const { job, end } = await running({ maxParallelism: undefined });
    expect(job.graph.maxParallelism).toBe(128);
    // With so many slots at first there would be 256.
    await job.changes.rescale(40);
    expect(job.graph).toMatchObject({ slots: 40, maxParallelism: 128 });
    expect(await end()).toMatchObject({ state: 'finished', isExact: true });
  });

  it('is refused beyond the number of key groups, and while another one is under way', async () => {
    const { job, end } = await running();
    await expect(job.changes.rescale(33)).rejects.toThrow(
      'cannot have 33 slots: its state is split into 32 key groups',
    );
    const first = job.changes.rescale(2);
    await until(() => job.changes.isUnderWay);
    await expect(job.changes.rescale(3)).rejects.toThrow('Another switch-over of the job is under way');
    await first;
    expect(await end()).toEqual({ state: 'finished', attempts: 2, isExact: true });
  });

  it('leaves the job as it is when the next slots cannot be had', async () => {
    let plans = 0;
    const { job, control, end } = await running({}, (countJob) => (env, args) => {
      plans++;
      if (plans > 3) throw new Error('not so many');
      return countJob(env, args);
    });
    await expect(job.changes.rescale(2)).rejects.toThrow('not so many');
    expect(job.state).toBe('running');
    expect(await control.getStatus({})).toMatchObject({
      parallelism: { actual: 1 },
      lastRescale: { outcome: 'rolledBack', reason: expect.stringContaining('not so many') },
    });
    expect(await end()).toEqual({ state: 'finished', attempts: 1, isExact: true });
  });

  it('goes back to the slots before when the next ones fail as they begin', async () => {
    let opened = 0;
    const failing = <T, Split, State>(source: Source<T, Split, State>): Source<T, Split, State> => ({
      ...source,
      createReader: (context) => ({
        ...source.createReader(context),
        open: () => {
          opened++;
          if (opened === 2) throw new Error('no socket');
        },
      }),
    });
    const { job, end } = await running(
      { restart: { strategy: 'FixedDelay', attempts: 1, delayMs: 0 } },
      (countJob) => (env, args) =>
        countJob(
          {
            ...env,
            fromSource: (source: never, ...rest: []) => env.fromSource(failing(source), ...rest),
          } as never,
          args,
        ),
    );
    await expect(job.changes.rescale(2)).rejects.toThrow('no socket');
    await until(() => job.state === 'running');
    expect(job.graph.slots).toBe(1);
    expect(await end()).toEqual({ state: 'finished', attempts: 3, isExact: true });
  });

  it('is given up when the job is cancelled, fails, or ends', async () => {
    for (const change of ['cancel', 'stop'] as const) {
      const { job, hold } = await running();
      const rescaled = job.changes.rescale(2).then(
        () => 'done',
        () => 'given up',
      );
      await until(() => job.changes.isUnderWay);
      if (change === 'cancel') await job.cancel();
      else job.stop();
      hold.release();
      const { state } = await job.ended;
      expect(state).toBe(change === 'cancel' ? 'cancelled' : 'stopped');
      expect(['done', 'given up']).toContain(await rescaled);
    }
  });
});
