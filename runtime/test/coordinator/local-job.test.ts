import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import type { RestartPolicy } from '../../src/contract/restart.ts';
import { LocalJob } from '../../src/coordinator/local-job.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { FakeCluster, settle } from './fake-deployment.ts';
import { keptLog } from './frozen-job.ts';

const graph = buildGraph(
  (env) =>
    void env
      .fromSource(collection([1]))
      .keyBy((n) => n)
      .reduce((a) => a)
      .sinkTo(blackhole()),
  {},
  { parallelism: 2 },
);
const always: RestartPolicy = { strategy: 'FixedDelay', attempts: 2, delayMs: 100 };

const create = (restart: RestartPolicy = { strategy: 'None' }, quick = true) => {
  const test = createTestSystem();
  const cluster = new FakeCluster(2, quick);
  const { logger, lines } = keptLog();
  const job = new LocalJob({ system: test.system, logger, graph, restart, deploy: cluster.deploy });
  const fail = (error: unknown = new Error('boom')): void => cluster.newest.slots[0]?.reports.onFailed(error);
  const finish = (drained = true): void => {
    for (const { reports } of cluster.newest.slots) reports.onFinished(drained);
  };
  return { job, test, cluster, lines, fail, finish };
};

type Rig = ReturnType<typeof create>;

/** A job in each state that it can be asked something in. */
const bring: Readonly<Record<string, () => Promise<Rig>>> = {
  created: () => Promise.resolve(create()),
  deploying: () => {
    const rig = create(always, false);
    rig.job.start();
    return Promise.resolve(rig);
  },
  running: async () => {
    const rig = create(always);
    rig.job.start();
    await settle();
    return rig;
  },
  stopping: async () => {
    const rig = create(always);
    rig.job.start();
    await settle();
    rig.job.stop();
    return rig;
  },
  restarting: async () => {
    const rig = create(always);
    rig.job.start();
    await settle();
    rig.fail();
    await settle();
    return rig;
  },
};

const brought = async (state: string): Promise<Rig> => {
  const rig = await (bring[state] as () => Promise<Rig>)();
  expect(rig.job.state).toBe(state);
  return rig;
};

describe('a job', () => {
  it('runs to the end of its input', async () => {
    const { job, finish, cluster } = create();
    job.start();
    expect([job.state, job.attempt]).toEqual(['deploying', 1]);
    await settle();
    expect(job.state).toBe('running');
    for (const slot of cluster.newest.slots) slot.records = 4;
    finish();
    const { state, attempts, error, metrics } = await job.ended;
    expect([state, attempts, error, metrics.counters]).toEqual(['finished', 1, undefined, { records: 8 }]);
    expect(job.state).toBe('finished');
    expect(cluster.newest.enumerators.told.at(-1)).toBe('close');
  });

  it('is started once, however often that is asked for', async () => {
    const { job, cluster } = create();
    job.start();
    job.start();
    await settle();
    job.start();
    expect(cluster.deployed).toHaveLength(1);
  });

  it('tells its end only when everything is closed', async () => {
    const { job, cluster } = await brought('deploying');
    let ended = false;
    void job.ended.then(() => {
      ended = true;
    });
    void job.cancel();
    await settle();
    expect([job.state, ended]).toEqual(['cancelled', false]);
    for (const part of [...cluster.newest.slots, cluster.newest.enumerators]) part.closed.resolve();
    await settle();
    expect(ended).toBe(true);
  });
});

describe('stopping a job', () => {
  it('that was never started ends it without an attempt', async () => {
    const { job } = await brought('created');
    job.stop();
    expect(await job.ended).toMatchObject({ state: 'stopped', attempts: 0 });
    job.start();
    expect(job.state).toBe('stopped');
  });

  it('that is being deployed lets its sources begin and end', async () => {
    const { job, cluster, finish } = await brought('deploying');
    job.stop();
    expect(job.state).toBe('stopping');
    const { slots, enumerators } = cluster.newest;
    for (const part of [...slots, enumerators]) {
      part.ready.resolve();
      part.closed.resolve();
    }
    enumerators.started.resolve();
    await settle();
    expect(slots.map(({ told }) => told.slice(-2))).toEqual([
      ['start', 'stop'],
      ['start', 'stop'],
    ]);
    finish(false);
    expect(await job.ended).toMatchObject({ state: 'stopped', attempts: 1 });
  });

  it('that runs tells every slot once, also when it is asked for twice', async () => {
    const { job, cluster, finish } = await brought('running');
    job.stop();
    job.stop();
    expect(cluster.newest.slots.map(({ told }) => told)).toEqual([
      ['start', 'stop'],
      ['start', 'stop'],
    ]);
    finish(false);
    expect(await job.ended).toMatchObject({ state: 'stopped' });
  });

  it('is a good end when the input was over at the same time', async () => {
    const { job, finish } = await brought('stopping');
    finish(true);
    expect(await job.ended).toMatchObject({ state: 'finished' });
  });

  it('that waits to restart ends it, and no attempt follows', async () => {
    const { job, test, cluster } = await brought('restarting');
    job.stop();
    expect(await job.ended).toMatchObject({ state: 'stopped', attempts: 1 });
    expect(test.pendingTimers).toBe(0);
    test.advance(1000);
    expect([job.state, cluster.deployed.length]).toEqual(['stopped', 1]);
  });

  it('does not restart what fails on the way', async () => {
    const { job, fail } = await brought('stopping');
    fail();
    expect(await job.ended).toMatchObject({ state: 'failed', error: new Error('boom') });
  });

  it('does nothing to a job that has ended', async () => {
    const { job, finish } = await brought('running');
    finish();
    await job.ended;
    job.stop();
    expect(job.state).toBe('finished');
  });
});

describe('draining a job', () => {
  it('tells every slot that its input is complete, and it has finished then', async () => {
    const { job, cluster, finish } = await brought('running');
    job.drain();
    expect(job.state).toBe('stopping');
    expect(cluster.newest.slots.map(({ told }) => told)).toEqual([
      ['start', 'drain'],
      ['start', 'drain'],
    ]);
    finish(true);
    expect(await job.ended).toMatchObject({ state: 'finished' });
  });

  it.each(['created', 'deploying', 'restarting', 'stopping'])('is refused while it is %s', async (state) => {
    const { job } = await brought(state);
    expect(() => job.drain()).toThrow(expect.objectContaining({ code: 'conflict' }));
    expect(job.state).toBe(state);
  });
});

describe('suspending a job', () => {
  it('takes a store, or nothing would be left to go on from', async () => {
    const { job } = await brought('running');
    expect(() => job.suspend()).toThrow('The job takes no checkpoints.');
    expect(() => job.resume()).toThrow('The job is running: only a suspended one is resumed.');
    expect(job.state).toBe('running');
  });
});

describe('cancelling a job', () => {
  it.each(Object.keys(bring))('that is %s ends it at once, and nothing follows', async (state) => {
    const { job, cluster, test, finish, fail } = await brought(state);
    for (const { slots, enumerators } of cluster.deployed) {
      for (const part of [...slots, enumerators]) part.closed.resolve();
    }
    await job.cancel();
    expect(await job.ended).toMatchObject({ state: 'cancelled', attempts: state === 'created' ? 0 : 1 });
    const closings = cluster.deployed.flatMap(({ slots }) => slots.map(({ told }) => told.at(-1)));
    expect(closings).toEqual(state === 'created' ? [] : ['cancel', 'cancel']);
    if (cluster.deployed.length > 0) {
      fail();
      finish();
    }
    job.start();
    job.stop();
    await job.cancel();
    test.advance(100_000);
    expect([job.state, test.pendingTimers]).toEqual(['cancelled', 0]);
  });
});

describe('a job that fails', () => {
  it('ends with its error when it is not restarted', async () => {
    const { job, fail, lines } = create();
    job.start();
    await settle();
    fail();
    expect(await job.ended).toMatchObject({ state: 'failed', attempts: 1, error: new Error('boom') });
    expect(lines).toEqual([]);
  });

  it('is restarted after the delay, as often as its strategy says', async () => {
    const { job, test, cluster, fail, lines } = await brought('running');
    for (const attempt of [2, 3]) {
      fail();
      await settle();
      test.advance(99);
      expect([job.state, job.attempt]).toEqual(['restarting', attempt - 1]);
      test.advance(1);
      await settle();
      expect([job.state, job.attempt]).toEqual(['running', attempt]);
    }
    fail(new Error('again'));
    expect(await job.ended).toMatchObject({ state: 'failed', attempts: 3, error: new Error('again') });
    expect(cluster.deployed.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(lines).toEqual([
      'warn: Attempt 1 failed, next in 100 ms: boom',
      'warn: Attempt 2 failed, next in 100 ms: boom',
      'warn: Attempt 3 was the last: all 2 restarts are used up',
    ]);
  });

  it('is restarted also when it fails while it is deployed', async () => {
    const { job, cluster, test } = await brought('deploying');
    const { slots, enumerators } = cluster.newest;
    for (const part of [...slots, enumerators]) part.closed.resolve();
    enumerators.ready.reject(new Error('no thread'));
    await settle();
    expect(job.state).toBe('restarting');
    test.advance(100);
    expect([job.state, job.attempt]).toEqual(['deploying', 2]);
  });

  it('waits for the old attempt to be closed before the new one', async () => {
    const { job, cluster, test } = await brought('deploying');
    cluster.newest.enumerators.ready.reject(new Error('no thread'));
    await settle();
    test.advance(1000);
    expect([job.state, cluster.deployed.length]).toEqual(['restarting', 1]);
    for (const part of [...cluster.newest.slots, cluster.newest.enumerators]) part.closed.resolve();
    await settle();
    test.advance(100);
    expect(cluster.deployed).toHaveLength(2);
  });

  it('is not restarted when the job itself is wrong', async () => {
    const { job, fail } = await brought('running');
    fail(new MillraceError('job-invalid', 'no such field'));
    expect(await job.ended).toMatchObject({ state: 'failed', attempts: 1 });
  });

  it('hears nothing from an attempt that has failed', async () => {
    const { job, cluster, test } = await brought('restarting');
    const old = cluster.newest;
    old.enumerators.reports.onFailed(new Error('late'));
    test.advance(100);
    await settle();
    const fresh = cluster.newest;
    for (const { reports } of old.slots) reports.onFinished(true);
    old.slots[1]?.reports.onFailed(new Error('later'));
    old.slots[1]?.reports.requestSplit(0);
    old.enumerators.reports.assign(0, 0, 'late');
    expect([job.state, job.attempt]).toEqual(['running', 2]);
    expect(fresh.enumerators.told).toEqual(['start']);
    expect(fresh.slots.map(({ told }) => told)).toEqual([['start'], ['start']]);
  });

  it('does not fail any more once it has finished', async () => {
    const { job, finish, cluster } = await brought('running');
    finish();
    cluster.newest.enumerators.reports.onFailed(new Error('while it closes'));
    expect(await job.ended).toMatchObject({ state: 'finished', error: undefined });
  });

  it('grows its delays by its own random numbers, the same in every run', async () => {
    const delays = async (): Promise<readonly string[]> => {
      const { job, test, fail, lines } = create({
        strategy: 'ExponentialDelay',
        delayMs: 100,
        maxDelayMs: 10_000,
        multiplier: 2,
        jitter: 0.5,
        resetAfterMs: 60_000,
      });
      job.start();
      await settle();
      for (let i = 0; i < 4; i++) {
        fail();
        await settle();
        test.advance(10_000);
        await settle();
      }
      return lines;
    };
    const first = await delays();
    expect(first).toHaveLength(4);
    expect(new Set(first).size).toBe(4);
    expect(await delays()).toEqual(first);
  });
});

describe('moving key groups', () => {
  it('puts the next barrier into every slot of a job that runs', async () => {
    const { job, cluster } = await brought('running');
    job.moveKeyGroups([1, 2], 1);
    job.moveKeyGroups([1], 0);
    const barriers = cluster.newest.slots.map(({ told }) => told.slice(1));
    expect(barriers[0]).toHaveLength(2);
    expect(new Set(barriers[0]).size).toBe(2);
    expect(barriers[1]).toEqual(barriers[0]);
  });

  it.each(['created', 'deploying', 'stopping', 'restarting'])('is ignored when it is %s', async (state) => {
    const { job, cluster } = await brought(state);
    job.moveKeyGroups([1], 1);
    const told = cluster.deployed.flatMap(({ slots }) => slots.flatMap((slot) => slot.told));
    expect(told.filter((line) => line.startsWith('barrier'))).toEqual([]);
  });
});
