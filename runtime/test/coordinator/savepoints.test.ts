import { describe, expect, it } from 'vitest';
import { jobRoot, savepointFolder } from '../../src/checkpoint/paths.ts';
import { readSavepointManifest } from '../../src/checkpoint/savepoint-folder.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { verifyCheckpoint } from '../../src/checkpoint/verify.ts';
import { type JobEvent, jobEventSchema } from '../../src/contract/control/events.ts';
import { createLocalControl } from '../../src/coordinator/control/local-control.ts';
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

const running = async (store = newStore(), options: Parameters<typeof createStoredJob>[2] = {}) => {
  const outlet = new Outlet<Counted>();
  const hold = new Hold();
  const job = createStoredJob(countClicks(outlet, hold), stateIn(store, 'clicks', 5), options);
  const control = createLocalControl({ system, logger, job, name: 'clicks', version: '1' });
  const events: JobEvent[] = [];
  control.subscribe((event) => events.push(jobEventSchema.parse(event)));
  job.start();
  if (options.mode === 'Batch') await until(() => job.state === 'running');
  else await until(() => outlet.committed.length > 0);
  const told = (): readonly unknown[] =>
    events.flatMap((event) => (event.type === 'savepoint' ? [event.savepoint.state] : []));
  return { store, outlet, job, control, told, hold };
};

const folderIn = (store: ReturnType<typeof newStore>, name: string) =>
  storeUnder(store, `${jobRoot('clicks')}${savepointFolder(name)}`);

describe('a savepoint', () => {
  it('is a folder of its own, whole and without anything to commit, while the job goes on', async () => {
    const { hold, job, store, outlet } = await running();
    const { kept } = await job.savepoint('before');
    const manifest = await kept;
    const shown = outlet.visible.length;
    hold.release();
    expect((await job.ended).state).toBe('finished');
    expect(outlet.visible.length).toBeGreaterThan(shown);
    const folder = folderIn(store, 'before');
    expect(await readSavepointManifest(system, folder)).toEqual(manifest);
    expect(manifest).toMatchObject({ kind: 'savepoint', sinks: [], jobUid: 'clicks' });
    expect(manifest.objects.length).toBeGreaterThan(0);
    expect(await verifyCheckpoint({ store: folder, system }, manifest)).toEqual([]);
  });

  it('is refused under a name that is taken, and while another one is under way', async () => {
    const { job } = await running();
    const { kept } = await job.savepoint('before');
    await expect(job.savepoint('after')).rejects.toThrow('The savepoint before is under way.');
    await kept;
    await expect(job.savepoint('before')).rejects.toThrow(
      expect.objectContaining({ code: 'conflict', hint: 'Choose another name, or dispose of that one.' }),
    );
    await job.cancel();
  });

  it('is refused when the job does not run, and in batch mode', async () => {
    const { job } = await running();
    await job.cancel();
    await expect(job.savepoint('late')).rejects.toThrow(
      'The job is cancelled and cannot take a savepoint now.',
    );
    const batch = await running(newStore(), { mode: 'Batch' });
    await expect(batch.job.savepoint('never')).rejects.toThrow('batch mode');
    await batch.job.cancel();
  });

  it('leaves nothing behind when its objects cannot be copied, and the job goes on', async () => {
    const { hold, job, store, told } = await running();
    store.copy = () => Promise.reject(new Error('The store is full.'));
    const { kept } = await job.savepoint('before');
    await expect(kept).rejects.toThrow('The savepoint before came to nothing: The store is full.');
    hold.release();
    expect((await job.ended).state).toBe('finished');
    expect(await folderIn(store, 'before').list('')).toEqual([]);
    expect(told()).toEqual(['inProgress', 'failed']);
  });

  it('comes to nothing when the job ends before its checkpoint', async () => {
    const { job, control, told } = await running();
    await job.savepoint('before');
    await job.cancel();
    expect(await control.getSavepoint({ savepoint: 'before' })).toMatchObject({ state: 'failed' });
    expect(told()).toEqual(['inProgress', 'failed']);
  });
});

describe('a job that is stopped with a savepoint', () => {
  it('is made of the last that it had', async () => {
    const { job, store, control } = await running();
    expect(await control.stop({ savepoint: true, name: 'last' })).toMatchObject({ state: 'stopping' });
    expect((await job.ended).state).toBe('stopped');
    const manifest = await readSavepointManifest(system, folderIn(store, 'last'));
    expect((await control.getStatus({})).lastCheckpoint?.id).toBe(manifest.checkpointId);
  });

  it('is drained before when that is wished for', async () => {
    const { job, store, control } = await running();
    await control.drain({ savepoint: true, name: 'last' });
    expect((await job.ended).state).toBe('finished');
    const { watermarks } = await readSavepointManifest(system, folderIn(store, 'last'));
    expect(new Set(watermarks.map(({ outputMs }) => outputMs))).toEqual(new Set(['end']));
  });

  it('goes on when the name is taken', async () => {
    const { job, control } = await running();
    await (await job.savepoint('last')).kept;
    await expect(control.stop({ savepoint: true, name: 'last' })).rejects.toThrow('already');
    expect(job.state).toBe('running');
    await job.cancel();
  });

  it('has failed when the savepoint has', async () => {
    const { job, control, store } = await running();
    store.copy = () => Promise.reject(new Error('The store is full.'));
    await control.stop({ savepoint: true, name: 'last' });
    expect(await job.ended).toMatchObject({
      state: 'failed',
      error: { message: 'The savepoint last came to nothing: The store is full.' },
    });
  });
});

describe('savepoints under the control API', () => {
  it('are begun, listed and disposed of', async () => {
    const { hold, control, job, told } = await running();
    const begun = await control.createSavepoint({ name: 'before' });
    expect(begun).toMatchObject({ name: 'before', state: 'inProgress', location: null });
    expect((await control.createSavepoint({ name: 'before' })).startedMs).toBe(begun.startedMs);
    hold.release();
    await job.ended;
    const { savepoints } = await control.listSavepoints({});
    expect(savepoints).toMatchObject([{ name: 'before', state: 'completed', progress: 1 }]);
    expect(savepoints[0]?.location).toMatch(/jobs\/clicks\/savepoints\/before\/$/);
    expect(savepoints[0]?.bytes).toBeGreaterThan(0);
    expect(told()).toEqual(['inProgress', 'completed']);
    expect(await control.disposeSavepoint({ savepoint: 'before' })).toMatchObject({ name: 'before' });
    expect(await control.listSavepoints({})).toEqual({ savepoints: [] });
    await expect(control.getSavepoint({ savepoint: 'before' })).rejects.toThrow('has no savepoint before');
  });

  it('of an earlier run are known from the store', async () => {
    const first = await running();
    await first.control.stop({ savepoint: true });
    await first.job.ended;
    const [one] = (await first.control.listSavepoints({})).savepoints;
    expect(one?.name).toMatch(/^\d{4}-\d\d-\d\dt/);
    const second = await running(first.store);
    expect((await second.control.listSavepoints({})).savepoints).toMatchObject([
      { name: one?.name, state: 'completed', checkpointId: one?.checkpointId, bytes: one?.bytes },
    ]);
    await second.job.cancel();
  });
});
