import { boundedOutOfOrderness, count, type Job, type Source, tumbling } from 'millrace';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { jobRoot } from '../../src/checkpoint/paths.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { createJobLog, type OwnTerm } from '../../src/coordinator/job-log.ts';
import { createSharedThreadJob, type LocalSettings, type LocalState } from '../../src/coordinator/local.ts';
import type { LocalJob } from '../../src/coordinator/local-job.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { MemoryStore } from '../support/memory-store.ts';
import type { Outlet } from '../support/outlet.ts';
import { settle } from './fake-deployment.ts';

export const system = createNodeSystem();

export const logger = createLogger({ clock: system.clock, level: 'silent', json: false });

export const newStore = (): MemoryStore => new MemoryStore(system.clock);

/** The state of a job in a store; `intervalMs`: how often it takes checkpoints by itself, by default never. */
export const stateIn = (
  store: ObjectStore,
  jobUid: string,
  intervalMs: number = 1e6,
  deployment = 'one',
  own: OwnTerm = {},
  isShared = false,
): LocalState => {
  const writer = new LogWriter({
    store,
    jobUid,
    checksum: system.hashing,
    me: { writer: system.random.id(), deployment },
    clock: system.clock,
    retained: () => 2,
  });
  return {
    store: storeUnder(store, jobRoot(jobUid)),
    log: createJobLog(writer, own, isShared),
    base: { jobUid, jobName: jobUid, runtimeVersion: '0', artifact: 'none' },
    policy: { intervalMs, minPauseMs: 0, timeoutMs: 10_000, tolerableFailures: 0 },
  };
};

export interface Counted {
  readonly user: number;
  readonly clicks: number;
  readonly windowStart: number;
}

const clicks = Array.from({ length: 40_000 }, (_, i) => ({
  user: (i * 7919) % 97,
  timeMs: i + ((i * 31) % 50),
}));

/** Keeps readers from the end of their input until they are let go, so that a test meets a job in the middle. */
export class Hold {
  private readonly wakes: (() => void)[] = [];
  private isHeld: boolean = true;
  private readonly polls: number;

  /** `polls`: what each reader gives before it is let go. */
  constructor(polls = 4) {
    this.polls = polls;
  }

  release(): void {
    this.isHeld = false;
    for (const wake of this.wakes) wake();
  }

  /** The same source, of which each reader gives less than half before it is let go. */
  on<T, Split, State>(source: Source<T, Split, State>): Source<T, Split, State> {
    return {
      ...source,
      createReader: (context) => {
        const reader = source.createReader(context);
        let polls = 0;
        this.wakes.push(() => context.wake());
        return {
          addSplit: (split) => reader.addSplit(split),
          noMoreSplits: () => reader.noMoreSplits(),
          poll: () => (this.isHeld && polls++ >= this.polls ? 'waiting' : reader.poll()),
          snapshot: () => reader.snapshot(),
          close: () => reader.close(),
        };
      },
    };
  }
}

/** Counts 40,000 clicks by user in windows of a second; what is in the outlet must be the same however often it is stopped. */
export const countClicks =
  (outlet: Outlet<Counted>, hold?: Hold): Job =>
  (env) =>
    void env
      .fromSource(
        hold === undefined ? collection(clicks) : hold.on(collection(clicks)),
        boundedOutOfOrderness<(typeof clicks)[number]>('50ms').withTimestamps('timeMs'),
      )
      .name('clicks')
      .keyBy('user')
      .window(tumbling('1s'))
      .aggregate({ counted: count() })
      .map(({ key, counted, windowStart }) => ({ user: Number(key), clicks: counted, windowStart }))
      .name('counts')
      .sinkTo(outlet.sink());

/** Of this thread, with two slots and no restarts; not started. */
export const createStoredJob = (
  job: Job,
  state: LocalState,
  options: Partial<LocalSettings> = {},
): LocalJob => createSharedThreadJob(job, settingsOf(state, options));

/** The settings of such a job. */
export const settingsOf = (state: LocalState, options: Partial<LocalSettings> = {}): LocalSettings => ({
  system,
  logger,
  jobName: state.base.jobName,
  args: {},
  mode: 'Streaming',
  restart: { strategy: 'None' },
  deadLetterPolicy: 'fail',
  deadLetters: () => undefined,
  baseDirectory: '.',
  parallelism: 2,
  batchSize: 64,
  state,
  ...options,
});

/** Lets a job run until something is so. */
export const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await settle();
};

export const sorted = (rows: readonly Counted[]): readonly string[] =>
  rows.map((row) => JSON.stringify(row)).sort();

/** What a run without interruption shows. */
export const golden = async (createOutlet: () => Outlet<Counted>): Promise<readonly string[]> => {
  const outlet = createOutlet();
  const job = createStoredJob(countClicks(outlet), stateIn(newStore(), 'golden'));
  job.start();
  await job.ended;
  return sorted(outlet.visible);
};
