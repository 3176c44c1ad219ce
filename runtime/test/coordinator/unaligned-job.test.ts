import type { Batch, Job, TwoPhaseSink } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import type { LocalSettings, LocalState } from '../../src/coordinator/local.ts';
import type { LocalJob } from '../../src/coordinator/local-job.ts';
import { Outlet } from '../support/outlet.ts';
import { settle } from './fake-deployment.ts';
import { createStoredJob, newStore, stateIn, until } from './stored-job.ts';

interface Reading {
  readonly sensor: number;
  readonly value: number;
}

const readings: readonly Reading[] = Array.from({ length: 6000 }, (_, i) => ({
  sensor: (i * 31) % 53,
  value: 1,
}));

/** A sink that takes nothing, until it is let go. */
class Stall {
  private readonly wakes: (() => void)[] = [];
  private isOpen = false;

  release(): void {
    this.isOpen = true;
    for (const wake of this.wakes) wake();
  }

  on<Transaction>(sink: TwoPhaseSink<Reading, Transaction>): TwoPhaseSink<Reading, Transaction> {
    return {
      ...sink,
      createWriter: async (context) => {
        const writer = await sink.createWriter(context);
        this.wakes.push(() => context.wake());
        return {
          write: (batch: Batch) => writer.write(batch),
          prepare: (checkpointId) => writer.prepare(checkpointId),
          flush: () => writer.flush(),
          close: () => writer.close(),
          hasRoom: () => this.isOpen,
        };
      },
    };
  }
}

/** Counts by sensor, through two exchanges, into a sink in a task of its own. */
const sums =
  (outlet: Outlet<Reading>, stall: Stall): Job =>
  (env) =>
    void env
      .fromSource(collection(readings))
      .name('readings')
      .keyBy('sensor')
      .reduce((sum, next) => ({ sensor: sum.sensor, value: sum.value + next.value }))
      .name('sums')
      .rebalance()
      .map((reading) => reading)
      .name('shown')
      .sinkTo(stall.on(outlet.sink()));

/** Checkpoints are asked for; barriers overtake what is in flight at once. */
const unalignedIn = (store: ObjectStore, alignmentTimeoutMs: number | undefined = 0): LocalState => {
  const state = stateIn(store, 'sums');
  return { ...state, policy: { ...state.policy, alignmentTimeoutMs } };
};

const sorted = (rows: readonly Reading[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();

/** The counts by sensor, one after each reading. */
const expected = (): readonly string[] => {
  const values = new Map<number, number>();
  return sorted(
    readings.map(({ sensor, value }) => {
      const sum = (values.get(sensor) ?? 0) + value;
      values.set(sensor, sum);
      return { sensor, value: sum };
    }),
  );
};

const begin = (outlet: Outlet<Reading>, state: LocalState, options: Partial<LocalSettings> = {}) => {
  const stall = new Stall();
  const job = createStoredJob(sums(outlet, stall), state, { chaining: false, ...options });
  job.start();
  return { job, stall };
};

/** Takes checkpoints until some have records in flight on every edge between tasks, as they must when the sink takes nothing. */
const untilStalled = async (job: LocalJob): Promise<void> => {
  await until(() => job.state === 'running');
  for (let edges = 0; edges < 2; ) {
    const { manifest } = await job.takeCheckpoint('checkpoint');
    edges = manifest.inFlight?.length ?? 0;
  }
};

describe('while a sink takes nothing', () => {
  it('checkpoints are completed all the same, with what is in flight; a savepoint waits and holds nothing of it', async () => {
    const { job, stall } = begin(new Outlet<Reading>(), unalignedIn(newStore()));
    await untilStalled(job);
    let isDone = false;
    const savepoint = job.takeCheckpoint('savepoint');
    void savepoint.then(() => {
      isDone = true;
    });
    for (let turns = 0; turns < 50; turns++) await settle();
    expect(isDone).toBe(false);
    stall.release();
    expect((await savepoint).manifest.inFlight).toBeUndefined();
    await job.cancel();
  });

  for (const parallelism of [2, 1, 3]) {
    it(`what was in flight comes out once behind a restart with ${parallelism} slots`, async () => {
      const store = newStore();
      const outlet = new Outlet<Reading>();
      const first = begin(outlet, unalignedIn(store));
      await untilStalled(first.job);
      await first.job.cancel();

      const second = begin(outlet, unalignedIn(store), { parallelism });
      second.stall.release();
      expect((await second.job.ended).state).toBe('finished');
      expect(sorted(outlet.visible)).toEqual(expected());
    });
  }
});
