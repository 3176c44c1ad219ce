import { describe, expect, it } from 'vitest';
import { findGarbage } from '../../src/checkpoint/gc.ts';
import { logKey } from '../../src/checkpoint/paths.ts';
import { Garbage } from '../../src/coordinator/garbage.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { Outlet } from '../support/outlet.ts';
import { settle } from './fake-deployment.ts';
import { keptLog } from './frozen-job.ts';
import { type Counted, countClicks, createStoredJob, newStore, stateIn, system } from './stored-job.ts';

const create = () => {
  const machine = createTestSystem();
  const { logger, lines } = keptLog();
  const calls: PromiseWithResolvers<void>[] = [];
  const state = { may: true };
  const garbage = new Garbage({
    clock: machine.system.clock,
    logger,
    times: { everyMs: 1000, minimumAgeMs: 5 },
    collect: () => {
      const call = Promise.withResolvers<void>();
      calls.push(call);
      return call.promise;
    },
    mayCollect: () => state.may,
  });
  return { garbage, machine, lines, calls, state };
};

describe('garbage', () => {
  it('is collected behind a checkpoint, once at a time and not too often', async () => {
    const { garbage, machine, calls } = create();
    garbage.checkpointCompleted();
    machine.advance(5000);
    garbage.checkpointCompleted();
    expect(calls).toHaveLength(1);
    calls[0]?.resolve();
    await garbage.idle();
    machine.advance(999);
    garbage.checkpointCompleted();
    expect(calls).toHaveLength(1);
    machine.advance(1);
    garbage.checkpointCompleted();
    expect(calls).toHaveLength(2);
  });

  it('stays while something is copied of a checkpoint', () => {
    const { garbage, calls, state } = create();
    state.may = false;
    garbage.checkpointCompleted();
    expect(calls).toEqual([]);
  });

  it('that cannot be removed is told once, until it can be', async () => {
    const { garbage, machine, calls, lines } = create();
    const fail = async (error: Error | undefined): Promise<void> => {
      machine.advance(1000);
      garbage.checkpointCompleted();
      if (error === undefined) calls.at(-1)?.resolve();
      else calls.at(-1)?.reject(error);
      await settle();
    };
    for (const error of [new Error('no'), new Error('no'), undefined, new Error('again')]) await fail(error);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('What checkpoints need no more is not removed: again');
  });
});

describe('a job with checkpoints', () => {
  const run = async (minimumAgeMs: number) => {
    const store = newStore();
    const state = { ...stateIn(store, 'clicks', 1), garbage: { everyMs: 0, minimumAgeMs } };
    const outlet = new Outlet<Counted>();
    const job = createStoredJob(countClicks(outlet), state);
    job.start();
    expect((await job.ended).state).toBe('finished');
    const left = await findGarbage({
      store,
      jobUid: 'clicks',
      checksum: system.hashing,
      clock: system.clock,
      minimumAgeMs: 0,
    });
    return { hasFirst: (await store.get(logKey('clicks', 1))) !== undefined, left };
  };

  it('removes what it needs no more while it runs', async () => {
    const { hasFirst, left } = await run(0);
    expect(hasFirst).toBe(false);
    expect(left.filter(({ use }) => use === 'state').length).toBeGreaterThan(0);
  });

  it('keeps what is young', async () => {
    const { hasFirst, left } = await run(1e9);
    expect(hasFirst).toBe(true);
    expect(left.filter(({ use }) => use === 'garbage').length).toBeGreaterThan(0);
  });
});
