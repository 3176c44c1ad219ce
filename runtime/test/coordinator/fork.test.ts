import type { Job } from 'millrace';
import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { jobRoot, savepointFolder } from '../../src/checkpoint/paths.ts';
import { readSavepointManifest } from '../../src/checkpoint/savepoint-folder.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { verifyCheckpoint } from '../../src/checkpoint/verify.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { type ForkSource, forkManifest } from '../../src/coordinator/fork.ts';
import type { LocalSettings, LocalState } from '../../src/coordinator/local.ts';
import { describeJob } from '../../src/offline/describe-job.ts';
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
type Store = ReturnType<typeof newStore>;

/** A job that was stopped in the middle with a savepoint `before`. */
const stopped = async (store: Store) => {
  const outlet = newOutlet();
  const job = createStoredJob(countClicks(outlet, new Hold()), stateIn(store, 'first', 5));
  job.start();
  await until(() => outlet.committed.length > 0);
  await job.stopWithSavepoint('stopped', 'before');
  expect((await job.ended).state).toBe('stopped');
  return outlet;
};

const savepointOf = async (store: Store, job: Job): Promise<ForkSource> => {
  const folder = storeUnder(store, `${jobRoot('first')}${savepointFolder('before')}`);
  const described = { system, name: 'second', args: {}, baseDirectory: '.' };
  return {
    manifest: await readSavepointManifest(system, folder),
    folder,
    states: await describeJob(described, buildGraph(job, {}, { parallelism: 2 })),
  };
};

const second = (job: Job, state: LocalState, options: Partial<LocalSettings> = {}) => {
  const running = createStoredJob(job, state, options);
  running.start();
  return running.ended;
};

describe('a job that starts from a savepoint', () => {
  it('shows what the other one had not, and both together show everything once', async () => {
    const store = newStore();
    const [before, after] = [await stopped(store), newOutlet()];
    const job = countClicks(after);
    const from = await savepointOf(store, job);
    const { state } = await second(job, { ...stateIn(store, 'second', 5), from }, { parallelism: 3 });
    expect(state).toBe('finished');
    expect(before.visible.length).toBeGreaterThan(0);
    expect(sorted([...before.visible, ...after.visible])).toEqual(await golden(newOutlet));
  });

  it('has a copy of its own, and goes on without the savepoint after a failure', async () => {
    const store = newStore();
    const [before, after] = [await stopped(store), newOutlet()];
    const job = countClicks(after);
    const from = await savepointOf(store, job);
    const state = stateIn(store, 'second');
    let claims = 0;
    const log: typeof state.log = {
      ...state.log,
      claim: async () => {
        claims++;
        // From the second attempt on there is no savepoint any more.
        if (claims === 2) await from.folder.remove((await from.folder.list('')).map(({ key }) => key));
        return state.log.claim();
      },
    };
    const running = createStoredJob(
      job,
      { ...state, log, from },
      { restart: { strategy: 'FixedDelay', attempts: 1, delayMs: 0 } },
    );
    let manifests = 0;
    running.observe({
      onState: () => undefined,
      onFailure: () => undefined,
      onSavepoint: () => undefined,
      onSwitchOver: () => undefined,
      onCheckpoint: ({ what }) => {
        if (what === 'restored' && ++manifests === 1) throw new Error('boom');
      },
    });
    running.start();
    expect(await running.ended).toMatchObject({ state: 'finished', attempts: 2 });
    expect(sorted([...before.visible, ...after.visible])).toEqual(await golden(newOutlet));
  });

  it('goes on from its own checkpoint where it has one', async () => {
    const store = newStore();
    const [before, after] = [await stopped(store), newOutlet()];
    const job = countClicks(after);
    const from = await savepointOf(store, job);
    const running = createStoredJob(countClicks(after, new Hold()), { ...stateIn(store, 'second', 5), from });
    running.start();
    await until(() => after.committed.length > 0);
    running.stop();
    await running.ended;
    expect((await second(job, { ...stateIn(store, 'second', 5), from })).state).toBe('finished');
    expect(sorted([...before.visible, ...after.visible])).toEqual(await golden(newOutlet));
  });

  it('is refused when its state differs, with every reason, and nothing is copied', async () => {
    const store = newStore();
    await stopped(store);
    const other: Job = (env) =>
      void env
        .fromSource(collection([1]))
        .name('clicks')
        .keyBy((n) => n)
        .reduce((a) => a)
        .name('totals')
        .sinkTo(blackhole());
    const from = await savepointOf(store, other);
    const result = await second(other, { ...stateIn(store, 'second'), from });
    expect(result).toMatchObject({ state: 'failed', attempts: 0, error: { code: 'job-invalid' } });
    expect(String(result.error)).toContain('cannot go on from');
    expect(String(result.error)).toContain('removed');
    expect(await store.list(`${jobRoot('second')}state/`)).toEqual([]);
    const allowed = { ...from, allowRemoved: true };
    expect((await second(other, { ...stateIn(store, 'second'), from: allowed })).state).toBe('finished');
  });

  it.each<[string, Partial<LocalSettings>, string]>([
    ['another number of key groups', { maxParallelism: 64 }, 'Set spec.maxParallelism to 128'],
    ['batch mode', { mode: 'Batch' }, 'Set spec.mode to Streaming.'],
  ])('is refused under %s', async (_, options, hint) => {
    const store = newStore();
    await stopped(store);
    const job = countClicks(newOutlet());
    const from = await savepointOf(store, job);
    const { error } = await second(job, { ...stateIn(store, 'second'), from }, options);
    expect(error).toMatchObject({ code: 'job-invalid', hint: expect.stringContaining(hint) });
  });

  it('is refused when an object of it is damaged or missing, and names it', async () => {
    const store = newStore();
    await stopped(store);
    const job = countClicks(newOutlet());
    const from = await savepointOf(store, job);
    const key = from.manifest.objects[0]?.key as string;
    const bytes = (await from.folder.get(key)) as Uint8Array;
    await from.folder.put(
      key,
      bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
    );
    const damaged = await second(job, { ...stateIn(store, 'second'), from });
    expect(damaged.error).toMatchObject({ code: 'state-damaged', where: { key } });
    expect(String(damaged.error)).toContain('is damaged');
    await from.folder.remove([key]);
    expect(String((await second(job, { ...stateIn(store, 'second'), from })).error)).toContain('is missing');
  });
});

describe('the manifest of a fork', () => {
  it('names objects of its own job in the same order, which verify', async () => {
    const store = newStore();
    await stopped(store);
    const from = await savepointOf(store, countClicks(newOutlet()));
    const manifest = forkManifest(
      from.manifest,
      { jobUid: 'second', jobName: 'second' },
      { attempt: 3, restored: [] },
    );
    expect(manifest).toMatchObject({ jobUid: 'second', attempt: 3, kind: 'checkpoint', sinks: [] });
    expect(manifest.objects.map(({ key }) => key.split('/')[1])).toEqual(manifest.objects.map(() => '3'));
    const own = newStore();
    for (const [i, { key }] of from.manifest.objects.entries())
      await own.put(manifest.objects[i]?.key as string, (await from.folder.get(key)) as Uint8Array);
    expect(await verifyCheckpoint({ store: own, system }, manifest)).toEqual([]);
  });
});
