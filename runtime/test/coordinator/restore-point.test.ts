import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { readLog } from '../../src/checkpoint/log.ts';
import { jobRoot, savepointFolder } from '../../src/checkpoint/paths.ts';
import { readSavepointManifest, savepointsOf } from '../../src/checkpoint/savepoint-folder.ts';
import { restoredIn, type Standing, standingOf } from '../../src/checkpoint/standing.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import type { Restore } from '../../src/contract/restore.ts';
import { findNothing } from '../../src/coordinator/begin-anew.ts';
import type { ForkSource } from '../../src/coordinator/fork.ts';
import { findPin, findRestorePoint, pinPoint, removePin } from '../../src/coordinator/restore-point.ts';
import { describeJob } from '../../src/offline/describe-job.ts';
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

const standingIn = async (store: MemoryStore, jobUid = 'first'): Promise<Standing> =>
  standingOf(jobUid, await readLog({ store, jobUid, checksum: system.hashing }), store.place);

/** A job that has taken a savepoint `early`, gone on, and was stopped with its state. */
const begin = async (): Promise<{
  store: MemoryStore;
  outlet: Outlet<Counted>;
  shownEarly: readonly Counted[];
}> => {
  const [store, outlet, hold] = [newStore(), newOutlet(), new Hold(2)];
  const job = createStoredJob(countClicks(outlet, hold), stateIn(store, 'first', 5));
  job.start();
  await until(() => outlet.committed.length > 0);
  await (await job.savepoint('early')).kept;
  const shownEarly = [...outlet.visible];
  const shown = outlet.committed.length;
  hold.release();
  await until(() => outlet.committed.length > shown || job.state !== 'running');
  job.stop();
  await job.ended;
  return { store, outlet, shownEarly };
};

const wish = (target: Partial<Restore>): Restore => ({ id: 'back', previous: 'Resume', ...target });
const find = async (store: MemoryStore, target: Partial<Restore>, savepointPlace?: string) =>
  findRestorePoint({ reading: { store, system }, savepointPlace }, await standingIn(store), wish(target));

describe('what a job goes back to', () => {
  it('is a savepoint by name or place, a checkpoint that is kept, the newest of a time or before, or the last good one', async () => {
    const { store } = await begin();
    const { line } = await standingIn(store);
    const [oldest, latest] = [line[0], line.at(-1)];
    const root = storeUnder(store, jobRoot('first'));
    const early = (await savepointsOf(system, root)).get('early');
    const idOf = async (target: Partial<Restore>, place?: string) =>
      (await find(store, target, place)).manifest.checkpointId;
    expect(await idOf({ savepoint: 'early' })).toBe(early?.checkpointId);
    const place = `memory/${jobRoot('first')}${savepointFolder('early')}`;
    expect(await idOf({ savepoint: 'any' }, place)).toBe(early?.checkpointId);
    expect(await idOf({ checkpoint: oldest?.manifest.checkpointId as number })).toBe(
      oldest?.manifest.checkpointId,
    );
    expect(await idOf({ lastGood: true })).toBe(latest?.manifest.checkpointId);
    expect(await idOf({ time: '2999-01-01T00:00:00Z' })).toBe(latest?.manifest.checkpointId);
    const justBefore = new Date((early?.createdMs as number) + 0).toISOString();
    const point = await find(store, { time: justBefore });
    expect(point.manifest.createdMs).toBeLessThanOrEqual(Date.parse(justBefore));
  });

  it('is refused in a sentence where there is none, or it is not whole', async () => {
    const { store } = await begin();
    const refused = async (target: Partial<Restore>) => find(store, target).then(() => '', String);
    expect(await refused({ savepoint: 'none' })).toContain('There is no savepoint “none”');
    expect(await refused({ checkpoint: 99_999 })).toContain('has no checkpoint 99999');
    expect(await refused({ time: '1999-01-01T00:00:00Z' })).toContain('has no checkpoint of 1999-01-01');
    const nobody = { reading: { store, system } };
    await expect(findRestorePoint(nobody, undefined, wish({ lastGood: true }))).rejects.toMatchObject({
      code: 'not-found',
    });
    const folder = storeUnder(store, `${jobRoot('first')}${savepointFolder('early')}`);
    const { objects } = await readSavepointManifest(system, folder);
    await folder.remove(objects.slice(0, 1).map(({ key }) => key));
    expect(await refused({ savepoint: 'early' })).toContain('cannot go back to savepoint early');
  });

  it('is put aside while the job runs on, and only then', async () => {
    const { store } = await begin();
    const settings = { reading: { store, system } };
    const point = await find(store, { lastGood: true });
    const pinned = await pinPoint(settings, 'first', 'back', point);
    expect(pinned.manifest).toEqual(point.manifest);
    const pin = await findPin(settings, 'first', 'back');
    expect(pin?.manifest.checkpointId).toBe(point.manifest.checkpointId);
    expect(await findPin(settings, 'first', 'other')).toBeUndefined();
    const own = await find(store, { savepoint: 'early' });
    expect(await pinPoint(settings, 'first', 'other', own)).toBe(own);
    await removePin(settings, 'first', 'back');
    await removePin(settings, 'first', 'back');
    expect(await findPin(settings, 'first', 'back')).toBeUndefined();
  });
});

describe('a job that goes back', () => {
  const sourceOf = async (store: MemoryStore, target: Partial<Restore>): Promise<ForkSource> => {
    const { from, ...point } = await find(store, target);
    const job = countClicks(newOutlet());
    const described = { system, name: 'first', args: {}, baseDirectory: '.' };
    const states = await describeJob(described, buildGraph(job, {}, { parallelism: 2 }));
    return { ...point, states, restore: { id: 'back', from } };
  };

  it('shows what came behind the point again, once for each wish, whatever state it had', async () => {
    const { store, shownEarly } = await begin();
    const from = await sourceOf(store, { savepoint: 'early' });
    const again = newOutlet();
    const hold = new Hold(1);
    const first = createStoredJob(countClicks(again, hold), { ...stateIn(store, 'first', 5), from });
    first.start();
    await until(() => first.state === 'running');
    expect(restoredIn(await standingIn(store))).toEqual([{ id: 'back', from: 'savepoint early' }]);
    await first.takeCheckpoint('checkpoint');
    first.stop();
    await first.ended;
    const second = createStoredJob(countClicks(again), { ...stateIn(store, 'first', 5), from });
    second.start();
    expect((await second.ended).state).toBe('finished');
    expect(sorted([...shownEarly, ...again.visible])).toEqual(await golden(newOutlet));
    const standing = await standingIn(store);
    expect(restoredIn(standing)).toEqual([{ id: 'back', from: 'savepoint early' }]);
    const ids = standing.line.map(({ manifest }) => manifest.checkpointId);
    expect(ids).toEqual(ids.toSorted((one, other) => one - other));
  });

  it('goes back to nothing where a revision is to keep no state, once for each time that it takes over', async () => {
    const { store } = await begin();
    const settings = { reading: { store, system } };
    const before = await standingIn(store);
    expect(await findNothing(settings, before, 'two', false)).toBeUndefined();
    const found = await findNothing(settings, before, 'two', true);
    expect((await findNothing(settings, before, 'two', true))?.restore).toEqual(found?.restore);
    const states = { transforms: [], states: [] };
    const from = found && { ...found, states };
    const again = newOutlet();
    const state = { ...stateIn(store, 'first', 5, 'two'), from };
    const first = createStoredJob(countClicks(again, new Hold(1)), state);
    first.start();
    await until(() => first.state === 'running');
    await first.takeCheckpoint('checkpoint');
    first.stop();
    await first.ended;
    const second = createStoredJob(countClicks(again), { ...stateIn(store, 'first', 5, 'two'), from });
    second.start();
    expect((await second.ended).state).toBe('finished');
    expect(sorted(again.visible)).toEqual(await golden(newOutlet));
    const after = await standingIn(store);
    expect(await findNothing(settings, after, 'two', false)).toBeUndefined();
    expect((await findNothing(settings, after, 'two', true))?.restore).not.toEqual(found?.restore);
  });
});
