import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Job,
  type KeyedProcessFunction,
  type ListState,
  listState,
  type MapState,
  mapState,
  type ValueState,
  valueState,
} from 'millrace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collection } from '../../src/connectors/collection/index.ts';
import type { MillraceError } from '../../src/contract/errors.ts';
import type { LocalSettings } from '../../src/coordinator/local.ts';
import type { System } from '../../src/sys/system.ts';
import { Outlet } from '../support/outlet.ts';
import { createStoredJob, Hold, newStore, stateIn, system, until } from './stored-job.ts';

interface Visit {
  readonly user: number;
  readonly page: string;
}

interface Seen {
  readonly user: number;
  readonly visits: number;
  readonly listed: number;
  readonly counted: number;
}

const visits: readonly Visit[] = Array.from({ length: 20_000 }, (_, i) => ({
  user: (i * 7919) % 997,
  page: `page ${(i * 31) % 11}`,
}));

/** Counts visits three times: what each kind of state on the heap says of them is in the output. */
const remember = (): KeyedProcessFunction<number, Visit, Seen> => {
  let profile: ValueState<{ visits: number } | undefined>;
  let history: ListState<string>;
  let pages: MapState<string, number>;
  return {
    open(context) {
      profile = context.state(valueState<{ visits: number }>('profile'));
      history = context.state(listState<string>('history'));
      pages = context.state(mapState<string, number>('pages'));
    },
    process({ user, page }, _context, output) {
      const known = profile.value() ?? { visits: 0 };
      known.visits += 1;
      profile.update(known);
      history.add(page);
      pages.put(page, (pages.get(page) ?? 0) + 1);
      let counted = 0;
      for (const count of pages.values()) counted += count;
      output.emit({ user, visits: known.visits, listed: history.get().length, counted });
    },
  };
};

const jobOf =
  (outlet: Outlet<Seen>, hold?: Hold): Job =>
  (env) =>
    void env
      .fromSource(hold === undefined ? collection(visits) : hold.on(collection(visits)))
      .name('visits')
      .keyBy('user')
      .process(remember())
      .name('remember')
      .sinkTo(outlet.sink());

const inOrder = (rows: readonly Seen[]): readonly string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted();

let directory: string;
let onDisk: Partial<LocalSettings>;
const inMemory: Partial<LocalSettings> = {};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-disk-'));
  // Some 200 of 3000 values have room in memory.
  onDisk = { stateDisk: { directory, heldBytes: 40_000 } };
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What the job gives when nothing happens to it. */
const expected = async (): Promise<readonly string[]> => {
  const outlet = new Outlet<Seen>();
  await finished(createStoredJob(jobOf(outlet), stateIn(newStore(), 'plain'), inMemory));
  return inOrder(outlet.visible);
};

const finished = async (job: ReturnType<typeof createStoredJob>): Promise<void> => {
  job.start();
  const result = await job.ended;
  if (result.error !== undefined) throw result.error;
};

describe('a job whose state is on disk', () => {
  it('gives what it gives in memory, and leaves nothing on the disk', async () => {
    const outlet = new Outlet<Seen>();
    await finished(createStoredJob(jobOf(outlet), stateIn(newStore(), 'one'), onDisk));
    expect(inOrder(outlet.visible)).toEqual(await expected());
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['disk', 'memory', 2],
    ['memory', 'disk', 2],
    ['disk', 'disk', 3],
  ] as const)(
    'goes on from a checkpoint of state in %s with state in %s, in %i slots',
    async (first, next, slots) => {
      const options = { disk: onDisk, memory: inMemory };
      const [store, outlet, hold] = [newStore(), new Outlet<Seen>(), new Hold()];
      const state = stateIn(store, 'one');
      const job = createStoredJob(jobOf(outlet, hold), state, options[first]);
      job.start();
      await until(() =>
        job.report().some(({ name, recordsIn }) => name.includes('remember') && recordsIn > 100),
      );
      await job.takeCheckpoint('checkpoint');
      await job.cancel();
      hold.release();
      await finished(createStoredJob(jobOf(outlet), state, { ...options[next], parallelism: slots }));
      expect(inOrder(outlet.visible)).toEqual(await expected());
    },
  );

  it('fails with a sentence when the directory cannot be used', async () => {
    writeFileSync(join(directory, 'file'), '');
    const job = createStoredJob(jobOf(new Outlet<Seen>()), stateIn(newStore(), 'one'), {
      stateDisk: { directory: join(directory, 'file') },
    });
    job.start();
    const error = (await job.ended).error as MillraceError | undefined;
    expect(error?.message).toMatch(/The local disk cannot take state: .*ENOTDIR/);
    expect(error?.hint).toMatch(/spec.stateBackend.directory/);
  });

  it('goes on from the checkpoint in the next attempt when its disk is damaged or full', async () => {
    const outlet = new Outlet<Seen>();
    const faulty = new FaultySystem();
    const job = createStoredJob(jobOf(outlet), stateIn(newStore(), 'one'), {
      ...onDisk,
      system: faulty.system,
      restart: { strategy: 'FixedDelay', attempts: 10, delayMs: 0 },
    });
    await finished(job);
    expect(faulty.faults).toBe(2);
    expect(inOrder(outlet.visible)).toEqual(await expected());
    expect(existsSync(join(directory, 'one')) ? readdirSync(join(directory, 'one')) : []).toEqual([]);
  });
});

/** A machine whose first two disks fail: one gives bytes that nobody wrote, the other is full. */
class FaultySystem {
  faults = 0;
  readonly system: System;
  private opened = 0;

  constructor() {
    this.system = {
      ...system,
      scratch: {
        open: async (place, isLeftover) => {
          const database = await system.scratch.open(place, isLeftover);
          const number = this.opened++;
          let writes = 0;
          return {
            ...database,
            get: (key) => {
              if (number !== 0 || this.faults > 0) return database.get(key);
              this.faults += 1;
              return Uint8Array.of(0, 255);
            },
            write: (entries) => {
              if (this.faults !== 1 || writes++ < 3) return database.write(entries);
              this.faults += 1;
              return Promise.reject(new Error('No space left on device'));
            },
          };
        },
      },
    };
  }
}
