import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { readLog } from '../../src/checkpoint/log.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { readOwners } from '../../src/checkpoint/owners.ts';
import { jobRoot } from '../../src/checkpoint/paths.ts';
import { putSign } from '../../src/checkpoint/signs-of-life.ts';
import { type Standing, standingOf } from '../../src/checkpoint/standing.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import type { ForkSource } from '../../src/coordinator/fork.ts';
import type { LocalJob } from '../../src/coordinator/local-job.ts';
import { type ClusterName, Succession } from '../../src/coordinator/succession.ts';
import { deleteJob } from '../../src/maintenance/delete-job.ts';
import { describeJob } from '../../src/offline/describe-job.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { Outlet } from '../support/outlet.ts';
import { settle } from './fake-deployment.ts';
import {
  type Counted,
  countClicks,
  createStoredJob,
  golden,
  Hold,
  sorted,
  stateIn,
  system,
  until,
} from './stored-job.ts';

const newOutlet = () => new Outlet<Counted>();

/** A store by a clock that a test turns. */
const newWorld = () => {
  let nowMs = 1_700_000_000_000;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  return {
    store: new MemoryStore(clock),
    system: { ...system, clock },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};
type World = ReturnType<typeof newWorld>;

const standingIn = async (store: ObjectStore, jobUid: string): Promise<Standing> =>
  standingOf(jobUid, await readLog({ store, jobUid, checksum: system.hashing }), store.place);

const named = (changed: Partial<ClusterName> = {}): ClusterName => ({
  namespace: 'shops',
  name: 'counts',
  clusterId: 'east',
  previous: 'Resume',
  ...changed,
});

const succeed = async (
  world: World,
  jobUid: string,
  changed: Partial<ClusterName> = {},
  store = world.store,
) =>
  new Succession({
    system: world.system,
    store,
    name: named(changed),
    own: await standingIn(store, jobUid),
  });

/** Takes the name, and is what goes on from there. */
const take = async (
  world: World,
  jobUid: string,
  changed: Partial<ClusterName> = {},
  store: MemoryStore = world.store,
): Promise<Standing | undefined> => {
  const succession = await succeed(world, jobUid, changed, store);
  await succession.look();
  return succession.take();
};

/** A job that has the name and has shown a part of its output, in the middle of its input. */
const begin = async (world: World, outlet: Outlet<Counted>, jobUid = 'first'): Promise<LocalJob> => {
  expect(await take(world, jobUid)).toBeUndefined();
  const job = createStoredJob(countClicks(outlet, new Hold()), stateIn(world.store, jobUid, 5));
  job.start();
  await until(() => outlet.committed.length > 0);
  return job;
};

/** Runs a job to its end from what it has inherited. */
const finish = async (world: World, outlet: Outlet<Counted>, jobUid: string, final: Standing | undefined) => {
  const job = countClicks(outlet);
  const described = { system, name: jobUid, args: {}, baseDirectory: '.' };
  const manifest = final?.line.at(-1)?.manifest;
  const from: ForkSource | undefined = final &&
    manifest && {
      manifest,
      folder: storeUnder(world.store, jobRoot(final.jobUid)),
      states: await describeJob(described, buildGraph(job, {}, { parallelism: 2 })),
      heritage: final,
    };
  const running = createStoredJob(job, { ...stateIn(world.store, jobUid, 5), from }, { parallelism: 3 });
  running.start();
  return running.ended;
};

describe('a job that is made again under its name', () => {
  it('goes on where the other one has ended, and both together show everything once', async () => {
    const [world, before, after] = [newWorld(), newOutlet(), newOutlet()];
    const first = await begin(world, before);
    first.stop();
    await first.ended;
    const final = await take(world, 'second', { clusterId: 'west' });
    expect(final).toMatchObject({ jobUid: 'first', stopped: 'superseded' });
    expect((await finish(world, after, 'second', final)).state).toBe('finished');
    expect(sorted([...before.visible, ...after.visible])).toEqual(await golden(newOutlet));
    const owners = await readOwners(world.store, named(), system.hashing);
    expect(owners.map(({ jobUid, previous, clusterId }) => [jobUid, previous, clusterId])).toEqual([
      ['second', 'first', 'west'],
      ['first', undefined, 'east'],
    ]);
  });

  it('commits what the other one had prepared, which was killed before it could, and that one never can', async () => {
    const [world, before, after] = [newWorld(), newOutlet(), newOutlet()];
    const state = stateIn(world.store, 'first', 5);
    expect(await take(world, 'first')).toBeUndefined();
    // It dies with what it has prepared in the log, before anything of it is visible.
    const cut = Promise.withResolvers<never>();
    const sink = before.sink();
    const dying = {
      ...sink,
      createCommitter: () => ({ commit: () => cut.promise, abort: () => cut.promise }),
    };
    const outlet = Object.assign(newOutlet(), { sink: () => dying });
    const first = createStoredJob(countClicks(outlet, new Hold()), state);
    first.start();
    while ((await standingIn(world.store, 'first')).pending.length === 0) await settle();
    world.pass(61_000);
    const final = await take(world, 'second');
    expect(final?.pending.flatMap(({ committables }) => committables).length).toBeGreaterThan(0);
    expect((await finish(world, after, 'second', final)).state).toBe('finished');
    expect(sorted([...before.visible, ...after.visible])).toEqual(await golden(newOutlet));
    await expect(state.log.stopped('stopped')).rejects.toThrow('leads');
    await expect(state.log.claim()).rejects.toThrow('taken over the name');
    cut.reject(new Error('gone'));
    await first.cancel();
  });

  it('waits while the other one may live, and begins when that has left or given no sign for a minute', async () => {
    const world = newWorld();
    const first = await begin(world, newOutlet());
    await putSign(world.store, 'first', 'one', true);
    world.pass(59_000);
    const looking = async () => (await succeed(world, 'second')).look();
    await expect(looking()).rejects.toMatchObject({
      code: 'conflict',
      message:
        'The job shops/counts still runs as first in the cluster east: its coordinator was there 59 s ago.',
    });
    expect((await standingIn(world.store, 'first')).stopped).toBeUndefined();
    await putSign(world.store, 'first', 'one', false);
    expect((await looking())?.jobUid).toBe('first');
    await putSign(world.store, 'first', 'one', true);
    await expect(looking()).rejects.toThrow('still runs');
    world.pass(60_000);
    expect((await looking())?.jobUid).toBe('first');
    await first.cancel();
  });

  it('is the only one: whoever had the name is refused, running or started again', async () => {
    const world = newWorld();
    const first = await begin(world, newOutlet());
    world.pass(61_000);
    expect((await take(world, 'second'))?.jobUid).toBe('first');
    const ended = await first.ended;
    expect(ended).toMatchObject({ state: 'failed' });
    expect(String(ended.error)).toContain('leads the job');
    await expect((await succeed(world, 'first')).look()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('was made again as second in the cluster east'),
    });
  });

  it('begins with nothing where it is to ignore the other one, which ends all the same', async () => {
    const world = newWorld();
    const first = await begin(world, newOutlet());
    first.stop();
    await first.ended;
    expect(await take(world, 'second', { previous: 'Ignore' })).toBeUndefined();
    expect((await standingIn(world.store, 'first')).stopped).toBe('superseded');
    // Whoever comes next goes on from it, not from what it has ignored.
    world.pass(61_000);
    expect(await take(world, 'third')).toBeUndefined();
  });

  it('begins with nothing when the other one has come to its end', async () => {
    const [world, outlet] = [newWorld(), newOutlet()];
    expect(await take(world, 'first')).toBeUndefined();
    expect((await finish(world, outlet, 'first', undefined)).state).toBe('finished');
    expect(await take(world, 'second')).toBeUndefined();
    expect((await standingIn(world.store, 'first')).stopped).toBe('finished');
  });

  it('goes on from the one before where the other one has died before it had a checkpoint', async () => {
    const world = newWorld();
    const first = await begin(world, newOutlet());
    first.stop();
    await first.ended;
    expect((await take(world, 'second'))?.jobUid).toBe('first');
    world.pass(61_000);
    expect((await take(world, 'third'))?.jobUid).toBe('first');
    expect((await standingIn(world.store, 'second')).stopped).toBe('superseded');
  });

  it('does not begin with nothing when the log of the other one is lost, unless that is to be ignored', async () => {
    const world = newWorld();
    const first = await begin(world, newOutlet());
    first.stop();
    await first.ended;
    const succession = await succeed(world, 'first');
    await succession.look();
    await succession.hasBegun();
    const lost = await world.store.list(jobRoot('first'));
    await world.store.remove(lost.map(({ key }) => key));
    await expect(take(world, 'second')).rejects.toMatchObject({ code: 'state-damaged' });
    expect(await take(world, 'second', { previous: 'Ignore' })).toBeUndefined();
  });
});

it('a job whose predecessor was deleted with its data begins with nothing', async () => {
  const world = newWorld();
  const first = await begin(world, newOutlet());
  const succession = await succeed(world, 'first');
  await succession.look();
  await succession.hasBegun();
  await deleteJob({ system: world.system, store: world.store, jobUid: 'first' });
  await first.cancel();
  expect(await take(world, 'second')).toBeUndefined();
});

it('a job whose predecessor was deleted with its data and its name finds nothing of it', async () => {
  const world = newWorld();
  const first = await begin(world, newOutlet());
  const succession = await succeed(world, 'first');
  await succession.look();
  await succession.hasBegun();
  await first.cancel();
  await deleteJob({ system: world.system, store: world.store, jobUid: 'first' }, named());
  expect(await world.store.list('')).toEqual([]);
  expect(await take(world, 'second')).toBeUndefined();
});

/** Fails at one of its puts, before or after it is done, like a process that dies there. */
class DyingStore extends MemoryStore {
  private readonly inner: ObjectStore;
  private readonly diesAt: number;
  private readonly isBefore: boolean;
  puts = 0;

  constructor(inner: ObjectStore, diesAt: number, isBefore: boolean) {
    super(system.clock);
    this.inner = inner;
    this.diesAt = diesAt;
    this.isBefore = isBefore;
  }

  override get(key: string): Promise<Uint8Array | undefined> {
    return this.inner.get(key);
  }
  override list(prefix: string): ReturnType<ObjectStore['list']> {
    return this.inner.list(prefix);
  }
  override async putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    const isLast = ++this.puts === this.diesAt;
    if (isLast && this.isBefore) throw new Error('killed');
    const result = await this.inner.putIfAbsent(key, bytes);
    if (isLast) throw new Error('killed');
    return result;
  }
}

it('a succession that dies before or after any of its writes comes to the same end when it starts again', async () => {
  for (const isBefore of [true, false]) {
    for (let diesAt = 1; ; diesAt++) {
      const [world, before, after] = [newWorld(), newOutlet(), newOutlet()];
      const first = await begin(world, before);
      first.stop();
      await first.ended;
      const dying = new DyingStore(world.store, diesAt, isBefore);
      const died = await take(world, 'second', {}, dying).then(
        () => false,
        () => true,
      );
      const final = await take(world, 'second');
      expect(final).toMatchObject({ jobUid: 'first', stopped: 'superseded' });
      expect((await finish(world, after, 'second', final)).state).toBe('finished');
      expect(sorted([...before.visible, ...after.visible])).toEqual(await golden(newOutlet));
      if (!died) break;
    }
  }
});
