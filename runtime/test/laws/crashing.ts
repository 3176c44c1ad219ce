/** Programs that take checkpoints and fail, are killed, stopped and rescaled, until one of their runs comes to the end. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { Batch, DataStream, Source, StreamEnvironment } from 'millrace';
import type { TwoPhaseSink } from '../../src/api/connectors.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import type { JobResult } from '../../src/coordinator/job-result.ts';
import { createSharedThreadJob, type LocalSettings, type LocalState } from '../../src/coordinator/local.ts';
import type { LocalJob } from '../../src/coordinator/local-job.ts';
import { isTerminal } from '../../src/coordinator/transitions.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import type { System } from '../../src/sys/system.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { MemoryStore } from '../support/memory-store.ts';
import type { Item, Timed } from './items.ts';
import type { World } from './step.ts';
import { stateIn } from './stored.ts';
import { groupsOf, type Way } from './ways.ts';
import { itemSource, type Reading, worldOf } from './world.ts';

/** Where a run can fail, and after how many passes of all such places. */
interface Failure {
  readonly where: 'read' | 'step' | 'write' | 'prepare' | 'commit';
  readonly after: number;
}

/** A process that runs the job, and how it ends, unless the input ends before. */
interface Life {
  readonly parallelism: number;
  /** Each ends an attempt of this process. */
  readonly failures: readonly Failure[];
  /** What is done to it from outside, after so many turns of the event loop. */
  readonly end: { readonly how: 'killed' | 'stopped' | 'none'; readonly afterTurns: number };
}

export interface Crashes {
  readonly lives: readonly Life[];
  /** Turns of the event loop between two checkpoints. */
  readonly pauseTurns: number;
  /** Each so many-th state object cannot be put; 0 = all can. */
  readonly refusesEvery: number;
  /** See `Reading`. */
  readonly restTurns: number;
  readonly batchRecords: number;
  /** See `CheckpointPolicy`. The clock of these runs goes by a thousandth when it is looked at. */
  readonly alignmentTimeoutMs?: number | undefined;
  /** Turns of the event loop for which a sink takes nothing after each batch. */
  readonly stallTurns?: number;
}

const failure: fc.Arbitrary<Failure> = fc.record({
  where: fc.constantFrom<Failure['where'][]>('read', 'read', 'step', 'step', 'write', 'prepare', 'commit'),
  after: fc.noBias(fc.integer({ min: 1, max: 40 })),
});

const life: fc.Arbitrary<Life> = fc.record({
  parallelism: fc.integer({ min: 1, max: 4 }),
  failures: fc.array(failure, { maxLength: 3 }),
  end: fc.record({
    how: fc.constantFrom<Life['end']['how'][]>('killed', 'stopped', 'none'),
    afterTurns: fc.noBias(fc.integer({ min: 1, max: 400 })),
  }),
});

export const crashes: fc.Arbitrary<Crashes> = fc.record({
  lives: fc.array(life, { minLength: 1, maxLength: 3 }),
  pauseTurns: fc.constantFrom(0, 0, 1, 5, 20),
  refusesEvery: fc.constantFrom(0, 0, 2, 5),
  restTurns: fc.constantFrom(1, 5, 20),
  batchRecords: fc.constantFrom(1, 2, 5),
  alignmentTimeoutMs: fc.constantFrom(undefined, 0, 0, 1, 3),
  stallTurns: fc.constantFrom(0, 0, 1, 7, 40),
});

/** Short waits are counted in turns of the event loop, and nothing is done on other threads: a run of a seed is nearly always the same. */
const createSystem = (pauseTurns: number): System => {
  const system = createNodeSystem();
  let passedMs = 0;
  return {
    ...system,
    clock: {
      nowMs: () => 1_000_000 + Math.floor(passedMs),
      monotonicMs: () => {
        passedMs += 0.001;
        return passedMs;
      },
    },
    timers: {
      soon: system.timers.soon,
      after: (delayMs, callback) => {
        if (delayMs > 100) return system.timers.after(delayMs, callback);
        let turns = pauseTurns;
        let cancelled = false;
        const turn = (): void => {
          if (cancelled) return;
          if (turns-- > 0) system.timers.soon(turn);
          else callback();
        };
        system.timers.soon(turn);
        return {
          cancel: () => {
            cancelled = true;
          },
        };
      },
    },
    compression: {
      ...system.compression,
      compress: async (bytes) => zstdCompressSync(bytes),
      decompress: async (bytes) => zstdDecompressSync(bytes),
    },
  };
};

/** So many puts are refused at most, lest the last checkpoint never comes. */
const mostRefused = 8;

/** State objects cannot always be put. */
const refusing = (store: ObjectStore, every: number): ObjectStore => {
  let puts = 0;
  return {
    ...storeUnder(store, ''),
    put: async (key, bytes) => {
      if (every > 0 && ++puts % every === 0 && puts <= every * mostRefused) throw new Error('no room');
      await store.put(key, bytes);
    },
  };
};

const planned = 'fails as planned at';

/** What all runs of one job share: its store, what has become visible, and how far its failures are. */
class Place {
  readonly system: System;
  readonly store: ObjectStore;
  readonly visible: Timed[][] = [];
  private readonly committed = new Set<string>();
  private failures: Failure[] = [];
  private passes = 0;
  private processes = 0;

  private readonly plan: Crashes;

  constructor(plan: Crashes) {
    const { pauseTurns, refusesEvery } = plan;
    this.plan = plan;
    this.system = createSystem(pauseTurns);
    this.store = refusing(new MemoryStore(this.system.clock), refusesEvery);
  }

  begin({ failures }: Life): void {
    this.failures = [...failures];
    this.passes = 0;
    this.processes++;
  }

  /** @throws when it is time to. */
  pass(where: Failure['where']): void {
    const [failure] = this.failures;
    if (failure?.where !== where || ++this.passes < failure.after) return;
    this.failures.shift();
    this.passes = 0;
    throw new Error(`${planned} ${where}`);
  }

  get state(): LocalState {
    return stateIn(this.system, this.store, `process-${this.processes}`, this.plan.alignmentTimeoutMs);
  }

  /** Shows what is committed to `visible[stream]`. */
  sink(stream: number): TwoPhaseSink<Item, { readonly id: string; readonly values: readonly Timed[] }> {
    const visible = this.visible[stream] ?? [];
    this.visible[stream] = visible;
    return {
      kind: 'law',
      delivery: 'exactly-once',
      createWriter: ({ subtask, attempt, wake }) => {
        let open: Timed[] = [];
        let turnsLeft = 0;
        const rest = (): void => {
          if (--turnsLeft > 0) this.system.timers.soon(rest);
          else wake();
        };
        return {
          hasRoom: () => turnsLeft <= 0,
          write: (batch: Batch) => {
            this.pass('write');
            const { stallTurns = 0 } = this.plan;
            if (turnsLeft <= 0 && stallTurns > 0) this.system.timers.soon(rest);
            turnsLeft = stallTurns;
            const rows = batch.rows();
            for (let i = 0; i < batch.length; i++) {
              open.push({ item: rows[i] as Item, timestampMs: batch.timestamps[i] as number });
            }
          },
          prepare: async (checkpointId) => {
            this.pass('prepare');
            const values = open;
            open = [];
            return values.length === 0
              ? []
              : [{ id: `${stream} ${attempt} ${subtask} ${checkpointId}`, values }];
          },
          flush: () => undefined,
          close: () => undefined,
        };
      },
      createCommitter: () => ({
        commit: async ({ id, values }) => {
          this.pass('commit');
          if (this.committed.has(id)) return;
          this.committed.add(id);
          visible.push(...values);
          this.pass('commit');
        },
        abort: async () => undefined,
      }),
    };
  }
}

export type CrashingWorld = World & {
  /** A step that changes nothing and may fail. */
  fragile(stream: DataStream<Item>): DataStream<Item>;
  /** What `source` reads. */
  read(items: readonly Item[]): Source<Item>;
};

/** Does to a running job what a life has in store for it. */
const disturb = (job: LocalJob, { end }: Life, how: Way, { system }: Place): void => {
  let turns = 0;
  let moved = 0;
  const turn = (): void => {
    if (isTerminal(job.state)) return;
    if (++turns >= end.afterTurns && end.how !== 'none') {
      if (end.how === 'killed') return void job.cancel();
      return job.stop();
    }
    if (moved < how.moves && job.state === 'running' && turns % 3 === 0) {
      job.moveKeyGroups(groupsOf(moved++), moved % how.parallelism);
    }
    system.timers.soon(turn);
  };
  system.timers.soon(turn);
};

/** A job that is being stopped does not try again. */
const isPlanned = (error: unknown): boolean =>
  error instanceof Error && (error.message.includes(planned) || isPlanned(error.cause));

/** A run that takes longer hangs. */
const longestRunMs = 10_000;

const within = async (ended: Promise<JobResult>, limitMs: number): Promise<JobResult> => {
  const tooLong = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLong.reject(new Error('The job hangs.')), limitMs);
  try {
    return await Promise.race([ended, tooLong.promise]);
  } finally {
    clearTimeout(timer);
  }
};

export interface CrashSettings {
  readonly sourceParallelism?: number;
  readonly options?: Pick<LocalSettings, 'deadLetterPolicy' | 'deadLetters' | 'deadLetterParcels'>;
}

/** What is visible of each stream in the end, in the order in which it became so. @throws what the job failed with. */
export const runCrashing = async (
  build: (world: CrashingWorld) => readonly DataStream<Item>[],
  way: Way,
  plan: Crashes,
  { sourceParallelism, options }: CrashSettings = {},
): Promise<readonly (readonly Timed[])[]> => {
  const place = new Place(plan);
  const { system } = place;
  const last: Life = { parallelism: way.parallelism, failures: [], end: { how: 'none', afterTurns: 0 } };
  for (const life of [...plan.lives, last]) {
    place.begin(life);
    const how = { ...way, parallelism: life.parallelism, moves: way.moves };
    const job = (env: StreamEnvironment): void => {
      const reading: Reading = {
        ...how,
        sourceParallelism,
        moves: 1,
        restTurns: plan.restTurns,
        batchRecords: plan.batchRecords,
        onPoll: () => place.pass('read'),
      };
      const world = worldOf(env, reading);
      const fragile = (stream: DataStream<Item>): DataStream<Item> =>
        stream.map((item) => {
          place.pass('step');
          return item;
        });
      build({ ...world, fragile, read: (list) => itemSource(list, reading) }).forEach((stream, i) => {
        stream.sinkTo(place.sink(i));
      });
    };
    const running = createSharedThreadJob(job, {
      system,
      logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
      jobName: 'law',
      args: {},
      mode: how.mode,
      restart: { strategy: 'FixedDelay', attempts: life.failures.length, delayMs: 0 },
      deadLetterPolicy: 'fail',
      deadLetters: () => undefined,
      baseDirectory: '.',
      parallelism: how.parallelism,
      chaining: how.chaining,
      batchSize: how.batchSize,
      state: place.state,
      ...options,
    });
    running.start();
    disturb(running, life, how, place);
    const result = await within(running.ended, longestRunMs);
    if (result.state === 'failed' && !isPlanned(result.error)) throw result.error;
    if (result.state === 'finished') return place.visible;
  }
  throw new Error('The last run did not come to the end.');
};
