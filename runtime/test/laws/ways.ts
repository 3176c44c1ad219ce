/** How a program may be run without anybody seeing it in its results. */
import fc from 'fast-check';
import type { DataStream, Job, StreamEnvironment } from 'millrace';
import { vi } from 'vitest';
import { Collected, collect } from '../../src/connectors/collect/index.ts';
import type { JobResult } from '../../src/coordinator/job-result.ts';
import {
  createSharedThreadJob,
  type ExecutionMode,
  type LocalSettings,
} from '../../src/coordinator/local.ts';
import { isTerminal } from '../../src/coordinator/transitions.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { Item, Timed } from './items.ts';
import type { World } from './step.ts';
import { worldOf } from './world.ts';

export interface Way {
  readonly parallelism: number;
  readonly batchSize: number;
  readonly chaining: boolean;
  /** Whether loops are generated, or interpreted as where code generation is forbidden. */
  readonly generates: boolean;
  /** Records come as the wire brings them, in columns, or as objects. */
  readonly columns: boolean;
  /** How often key groups are given to another slot while the program runs. */
  readonly moves: number;
  /** In batch mode the watermark jumps once at the end; nothing of this is to be seen where no record is late. */
  readonly mode: ExecutionMode;
}

export const plainWay: Way = {
  parallelism: 1,
  batchSize: 1024,
  chaining: true,
  generates: true,
  columns: false,
  moves: 0,
  mode: 'Streaming',
};

export const way: fc.Arbitrary<Way> = fc.record({
  parallelism: fc.integer({ min: 1, max: 4 }),
  batchSize: fc.constantFrom(1, 2, 1024),
  chaining: fc.boolean(),
  generates: fc.boolean(),
  columns: fc.boolean(),
  moves: fc.constantFrom(0, 0, 3, 20),
  mode: fc.constantFrom<ExecutionMode[]>('Streaming', 'Streaming', 'Batch'),
});

/** Runs something while no code can be made out of text. */
const withoutGeneration = async <R>(run: () => Promise<R>): Promise<R> => {
  const refuse = (): never => {
    throw new EvalError('Code generation from strings disallowed for this context');
  };
  vi.stubGlobal('Function', new Proxy(Function, { construct: refuse, apply: refuse }));
  try {
    return await run();
  } finally {
    vi.unstubAllGlobals();
  }
};

export interface RunSettings {
  /** Subtasks of every source; absent = as many as there are slots. */
  readonly sourceParallelism?: number;
  readonly options?: Pick<LocalSettings, 'deadLetterPolicy' | 'deadLetters'>;
}

/** Ways that keep the order of records: in batch mode they come a key at a time, in order of time. */
export const streamingWay: fc.Arbitrary<Way> = way.map((how) => ({ ...how, mode: 'Streaming' }));

/** Some of the 128 key groups, other ones at each turn. */
export const groupsOf = (turn: number): readonly number[] =>
  Array.from({ length: 40 }, (_, i) => (turn * 13 + i * 3) % 128);

/** Runs a job to its end, and gives key groups away on the way. */
const runMoving = (job: Job, how: Way, options: Partial<LocalSettings> | undefined): Promise<JobResult> => {
  const system = createNodeSystem();
  const running = createSharedThreadJob(job, {
    system,
    logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
    jobName: 'law',
    args: {},
    mode: how.mode,
    restart: { strategy: 'None' },
    deadLetterPolicy: 'fail',
    deadLetters: () => undefined,
    baseDirectory: '.',
    parallelism: how.parallelism,
    chaining: how.chaining,
    batchSize: how.batchSize,
    ...options,
  });
  let moved = 0;
  const moveSoon = (): void => {
    if (moved === how.moves || isTerminal(running.state)) return;
    if (running.state === 'running') running.moveKeyGroups(groupsOf(moved++), moved % how.parallelism);
    system.timers.soon(moveSoon);
  };
  running.start();
  moveSoon();
  return running.ended;
};

/** What comes out of each stream that a program gives, with event times, in the order in which it came. */
export type Results = readonly (readonly Timed[])[];

/** @throws what the job failed with. */
export const runProgram = async (
  build: (world: World) => readonly DataStream<Item>[],
  how: Way,
  { sourceParallelism, options }: RunSettings = {},
): Promise<Results> => {
  const collected: Collected<Item>[] = [];
  const job = (env: StreamEnvironment): void => {
    // Every slot calls this, and all of them write to the same lists.
    build(worldOf(env, { ...how, sourceParallelism })).forEach((stream, i) => {
      collected[i] ??= new Collected<Item>();
      stream.sinkTo(collect(collected[i]));
    });
  };
  const run = (): Promise<JobResult> => runMoving(job, how, options);
  const result = await (how.generates ? run() : withoutGeneration(run));
  if (result.state !== 'finished') throw result.error;
  return collected.map(({ values, timestampsMs }) =>
    values.map((item, i) => ({ item, timestampMs: timestampsMs[i] as number })),
  );
};

/** `runProgram` for a program of one stream. */
export const resultsOf = async (
  build: (world: World) => DataStream<Item>,
  how: Way,
  settings: RunSettings = {},
): Promise<readonly Timed[]> => (await runProgram((world) => [build(world)], how, settings))[0] ?? [];
