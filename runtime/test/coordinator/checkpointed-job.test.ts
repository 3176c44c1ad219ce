import { boundedOutOfOrderness, count, type Job, type RuntimeContext, tumbling } from 'millrace';
import { describe, expect, it } from 'vitest';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import { jobRoot } from '../../src/checkpoint/paths.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { createJobLog } from '../../src/coordinator/job-log.ts';
import type { JobResult } from '../../src/coordinator/job-result.ts';
import { createSharedThreadJob, type LocalSettings, type LocalState } from '../../src/coordinator/local.ts';
import type { LocalJob } from '../../src/coordinator/local-job.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { Outlet } from '../support/outlet.ts';
import { Hold } from './stored-job.ts';

interface Click {
  readonly user: number;
  readonly timeMs: number;
}

interface Counted {
  readonly user: number;
  readonly clicks: number;
  readonly windowStart: number;
}

const clicks: readonly Click[] = Array.from({ length: 20_000 }, (_, i) => ({
  user: (i * 7919) % 97,
  // Out of order by up to 50 ms; in a part that the first subtask reads when the second is on its way, now and then so late that it is dropped.
  timeMs: 10_000 + i + ((i * 31) % 50) - (i > 4000 && i < 6000 && i % 1000 === 999 ? 5000 : 0),
}));

const system = createNodeSystem();

/** What all runs of one job share. */
const newPlace = () => ({ store: new MemoryStore(system.clock), outlet: new Outlet<Counted>(), runs: 0 });
type Place = ReturnType<typeof newPlace>;

const stateIn = (place: Place, intervalMs: number): LocalState => {
  const jobUid = 'clicks';
  const writer = new LogWriter({
    store: place.store,
    jobUid,
    checksum: system.hashing,
    me: { writer: `run-${++place.runs}`, deployment: 'one' },
    clock: system.clock,
    retained: () => 3,
  });
  return {
    store: storeUnder(place.store, jobRoot(jobUid)),
    log: createJobLog(writer),
    base: { jobUid, jobName: 'clicks', runtimeVersion: '0', artifact: 'none' },
    policy: { intervalMs, minPauseMs: 0, timeoutMs: 10_000, tolerableFailures: 0 },
  };
};

/** Counts clicks by user and window, and throws when `fails` says so of the records seen so far. */
const countClicks =
  (outlet: Outlet<Counted>, fails: (attempt: number, seen: number) => boolean, hold?: Hold): Job =>
  (env) => {
    let seen = 0;
    let attempt = 0;
    const source = env.fromSource(
      hold?.on(collection(clicks)) ?? collection(clicks),
      boundedOutOfOrderness<Click>('50ms').withTimestamps('timeMs'),
    );
    source
      .map({
        open: (context: RuntimeContext) => {
          attempt = context.attempt;
        },
        map: (click: Click) => {
          if (fails(attempt, ++seen)) throw new Error('boom');
          return click;
        },
      })
      .keyBy('user')
      .window(tumbling('1s'))
      .aggregate({ counted: count() })
      .map(({ key, counted, windowStart }) => ({ user: Number(key), clicks: counted, windowStart }))
      .sinkTo(outlet.sink());
  };

const start = (job: Job, state: LocalState, options: Partial<LocalSettings> = {}): LocalJob => {
  const running = createSharedThreadJob(job, {
    system,
    logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
    jobName: 'clicks',
    args: {},
    mode: 'Streaming',
    restart: { strategy: 'FixedDelay', attempts: 5, delayMs: 0 },
    deadLetterPolicy: 'fail',
    deadLetters: () => undefined,
    baseDirectory: '.',
    parallelism: 2,
    batchSize: 64,
    state,
    ...options,
  });
  running.start();
  return running;
};

const sorted = (rows: readonly Counted[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();

const run = async (
  place: Place,
  fails: (attempt: number, seen: number) => boolean,
  options: Partial<LocalSettings> = {},
): Promise<JobResult> => start(countClicks(place.outlet, fails), stateIn(place, 5), options).ended;

const golden = async (): Promise<readonly string[]> => {
  const place = newPlace();
  await run(place, () => false);
  return sorted(place.outlet.visible);
};

describe('a job with checkpoints', () => {
  it('shows all that it has written when it ends', async () => {
    const rows = await golden();
    const counted = rows.reduce((sum, row) => sum + (JSON.parse(row) as Counted).clicks, 0);
    expect(counted).toBe(19_998);
  });

  it('gives the same output, once, although attempts fail', async () => {
    const place = newPlace();
    const result = await run(place, (attempt, seen) => attempt <= 3 && seen === 2000 * attempt);
    expect(result).toMatchObject({ state: 'finished', attempts: 4 });
    expect(sorted(place.outlet.visible)).toEqual(await golden());
  });

  it('goes on in another process, with another number of slots', async () => {
    const place = newPlace();
    const first = await run(place, (_, seen) => seen === 4000, { restart: { strategy: 'None' } });
    expect(first.state).toBe('failed');
    const second = await run(place, () => false, { parallelism: 3 });
    expect(second.state).toBe('finished');
    expect(sorted(place.outlet.visible)).toEqual(await golden());
  });

  it('goes on in a new attempt from a checkpoint of now when its slots must go elsewhere', async () => {
    const place = newPlace();
    const running = start(
      countClicks(place.outlet, () => false),
      stateIn(place, 60_000),
    );
    while (running.state !== 'running') await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([running.redeploy('a worker leaves'), running.redeploy('another one leaves')]);
    expect(await running.ended).toMatchObject({ state: 'finished', attempts: 2 });
    expect(sorted(place.outlet.visible)).toEqual(await golden());
  });

  it('begins no new attempt when its work is done and only the log has still to be told', async () => {
    const place = newPlace();
    const state = stateIn(place, 60_000);
    const told = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const stopped: LocalState['log']['stopped'] = async (how) => {
      asked.resolve();
      await told.promise;
      await state.log.stopped(how);
    };
    const running = start(
      countClicks(place.outlet, () => false),
      { ...state, log: { ...state.log, stopped } },
    );
    await asked.promise;
    await running.redeploy('a worker leaves');
    told.resolve();
    expect(await running.ended).toMatchObject({ state: 'finished', attempts: 1 });
    expect(sorted(place.outlet.visible)).toEqual(await golden());
  });

  it('goes on where it was stopped, and takes no watermark as the end', async () => {
    const place = newPlace();
    const running = start(
      countClicks(place.outlet, () => false, new Hold()),
      stateIn(place, 5),
    );
    while (place.outlet.committed.length === 0) await new Promise((resolve) => setImmediate(resolve));
    running.stop();
    expect((await running.ended).state).toBe('stopped');
    expect((await run(place, () => false)).state).toBe('finished');
    expect(sorted(place.outlet.visible)).toEqual(await golden());
  });
});
