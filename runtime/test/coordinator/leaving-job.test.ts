import { describe, expect, it } from 'vitest';
import { decodeLogEntry, type LogEntry } from '../../src/checkpoint/log-entry.ts';
import { logKey, logNumberOf, logPrefix } from '../../src/checkpoint/paths.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import { Outlet } from '../support/outlet.ts';
import {
  type Counted,
  countClicks,
  createStoredJob,
  golden,
  Hold,
  newStore,
  sorted,
  stateIn,
  system,
  until,
} from './stored-job.ts';

const newOutlet = () => new Outlet<Counted>();

const running = async (store = newStore(), outlet = newOutlet()) => {
  const hold = new Hold();
  const job = createStoredJob(countClicks(outlet, hold), stateIn(store, 'clicks', 5));
  job.start();
  await until(() => outlet.committed.length > 0);
  return { store, outlet, job, hold };
};

const lastEntry = async (store: MemoryStore, jobUid: string): Promise<LogEntry> => {
  const listed = await store.list(logPrefix(jobUid));
  const number = Math.max(...listed.map(({ key }) => logNumberOf(jobUid, key) ?? 0));
  const key = logKey(jobUid, number);
  const bytes = (await store.get(key)) as Uint8Array;
  return decodeLogEntry(bytes, { jobUid, number }, { store: store.place, key }, system.hashing);
};

const clicksIn = (rows: readonly Counted[]): number => rows.reduce((sum, row) => sum + row.clicks, 0);

describe('a job that is suspended', () => {
  it('gives up its slots, goes on when it is resumed, and shows everything once', async () => {
    const { job, outlet, store, hold } = await running();
    job.suspend();
    expect(job.state).toBe('stopping');
    await until(() => job.state !== 'stopping');
    expect(job.state).toBe('suspended');
    expect(await lastEntry(store, 'clicks')).toMatchObject({ kind: 'stopped', how: 'suspended' });
    const shown = outlet.visible.length;
    hold.release();
    job.resume();
    expect((await job.ended).state).toBe('finished');
    expect(outlet.visible.length).toBeGreaterThan(shown);
    expect(sorted(outlet.visible)).toEqual(await golden(newOutlet));
  });

  it('is stopped for good or cancelled while nothing runs', async () => {
    for (const [how, state] of [
      ['stop', 'stopped'],
      ['cancel', 'cancelled'],
    ] as const) {
      const { job } = await running();
      job.suspend();
      await until(() => job.state === 'suspended');
      void job[how]();
      expect((await job.ended).state).toBe(state);
    }
  });

  it('is stopped when that is wished for on the way', async () => {
    const { job, store } = await running();
    job.suspend();
    job.stop();
    expect((await job.ended).state).toBe('stopped');
    expect(await lastEntry(store, 'clicks')).toMatchObject({ kind: 'stopped', how: 'stopped' });
  });
});

describe('a job that is drained', () => {
  it('fires the windows that are open, and has finished', async () => {
    const stopped = await running();
    stopped.job.stop();
    await stopped.job.ended;
    const drained = await running();
    drained.job.drain();
    expect((await drained.job.ended).state).toBe('finished');
    expect(await lastEntry(drained.store, 'clicks')).toMatchObject({ kind: 'stopped', how: 'drained' });
    // What was read in all is shown: no window is left open. Both readers may be anywhere in their input.
    const windows = new Set(drained.outlet.visible.map((row) => row.windowStart));
    expect(windows.size).toBeGreaterThan(0);
    const inFlight = drained.job.report().filter(({ name }) => name.includes('clicks'));
    const read = inFlight.reduce((sum, { recordsIn }) => sum + recordsIn, 0);
    const late = drained.job.report().reduce((sum, { lateRecords }) => sum + lateRecords, 0);
    expect(clicksIn(drained.outlet.visible)).toBe(read - late);
  });
});
