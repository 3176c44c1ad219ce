import { boundedOutOfOrderness, type Job, type StateOptions, valueState } from 'millrace';
import { buildGraph } from '../../src/artifact/load.ts';
import { roleOf } from '../../src/checkpoint/role.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { createLocalControl } from '../../src/coordinator/control/local-control.ts';
import type { Deployed } from '../../src/coordinator/deployment-hooks.ts';
import { findOwnJob } from '../../src/coordinator/find-own-job.ts';
import type { OwnTerm } from '../../src/coordinator/job-log.ts';
import { type LocalSettings, type LocalState, sharedThreadRevision } from '../../src/coordinator/local.ts';
import { LocalJob } from '../../src/coordinator/local-job.ts';
import type { NextRevision } from '../../src/coordinator/next-revision.ts';
import type { TrialPolicy } from '../../src/coordinator/trial.ts';
import { describeJob } from '../../src/offline/describe-job.ts';
import { Outlet } from '../support/outlet.ts';
import { Hold, logger, newStore, settingsOf, stateIn, system, until } from './stored-job.ts';

interface Tick {
  readonly user: number;
  readonly timeMs: number;
}

/** Which tick of its user a tick was, and which code has counted it. */
export interface Counted {
  readonly user: number;
  readonly tick: number;
  readonly by: string;
}

const ticks = Array.from({ length: 40_000 }, (_, i): Tick => ({ user: (i * 7919) % 13, timeMs: i }));

/** Every tick of every user once, whoever has counted it. */
export const expectedTicks = (): readonly string[] => {
  const counts = new Map<number, number>();
  return ticks
    .map(({ user }) => {
      const tick = (counts.get(user) ?? 0) + 1;
      counts.set(user, tick);
      return `${user} ${tick}`;
    })
    .sort();
};

export const ticksOf = (rows: readonly Counted[]): readonly string[] =>
  rows.map(({ user, tick }) => `${user} ${tick}`).sort();

/** A version of a job that counts ticks. */
export interface Version {
  readonly name: string;
  readonly state?: { readonly name?: string } & StateOptions;
  /** The number of ticks in what the state has, and the other way round. */
  readonly read?: (value: unknown) => number;
  readonly write?: (ticks: number) => unknown;
  /** Called with each record. */
  readonly see?: () => void;
  readonly trial?: Partial<TrialPolicy>;
  readonly waitsForApproval?: boolean;
}

const trialOf = ({ trial = {} }: Version): TrialPolicy => ({
  held: 2,
  windowMs: 20,
  maxRestarts: 0,
  rollsBack: true,
  timeoutMs: 60_000,
  watchesLag: true,
  ...trial,
});

const countTicks = (outlet: Outlet<Counted>, hold: Hold, version: Version): Job => {
  const {
    name,
    state = {},
    see,
    read = (value) => (value as number | undefined) ?? 0,
    write = (count) => count,
  } = version;
  const descriptor = valueState<unknown>(state.name ?? 'ticks', state);
  return (env) => {
    let seen: { value(): unknown; update(value: unknown): void };
    env
      .fromSource(hold.on(collection(ticks)), boundedOutOfOrderness<Tick>('1ms').withTimestamps('timeMs'))
      .name('ticks')
      .keyBy('user')
      .process<Counted>({
        open: (context) => {
          seen = context.state(descriptor);
        },
        process: ({ user }, _context, output) => {
          see?.();
          const tick = read(seen.value()) + 1;
          seen.update(write(tick));
          output.emit({ user, tick, by: name });
        },
      })
      .name('count')
      .sinkTo(outlet.sink());
  };
};

/** The machine on which versions of the job run, one process after the other. */
export class UpgradeRig {
  readonly outlet: Outlet<Counted> = new Outlet();
  readonly hold: Hold;
  readonly store = newStore();
  /** Names of revisions that have brought something up and not ended it. */
  open: readonly string[] = [];
  private written: Version;

  constructor(first: Version, hold: Hold = new Hold()) {
    this.hold = hold;
    this.written = first;
  }

  /** What is in the file by now. */
  write(version: Version): void {
    this.written = version;
  }

  /** A process that runs what is in the file. */
  start(): { readonly job: LocalJob; readonly control: ReturnType<typeof createLocalControl> } {
    const version = this.written;
    const own: OwnTerm = {};
    const settings = this.settings(version, own);
    const job = new LocalJob({
      ...settings,
      ...sharedThreadRevision(countTicks(this.outlet, this.hold, version), settings),
      name: version.name,
      revise: () => this.next(this.written, own),
    });
    const control = createLocalControl({ system, logger, job, name: 'ticks', version: '1' });
    job.start();
    return { job, control };
  }

  /** A process of a deployment of its own, which is named as its version. */
  async deploy(version: Version, over?: Deployed['over']): Promise<ReturnType<UpgradeRig['start']>> {
    const own: OwnTerm = {};
    const settings = this.settings(version, own, true);
    const revision = sharedThreadRevision(countTicks(this.outlet, this.hold, version), settings);
    const { standing } = await findOwnJob(this.store, { system, jobName: 'ticks', jobUid: 'ticks' });
    const job = new LocalJob({
      ...settings,
      ...revision,
      name: version.name,
      deployed: {
        role: roleOf(standing, version.name),
        over,
        trial: trialOf(version),
        describe: () => this.next(version, own),
      },
      trial: trialOf(version),
    });
    const control = createLocalControl({ system, logger, job, name: 'ticks', version: '1' });
    job.start();
    return { job, control };
  }

  /** The same, in the middle of its input. */
  async running(): Promise<ReturnType<UpgradeRig['start']>> {
    const started = this.start();
    await until(() => this.outlet.committed.length > 0);
    return started;
  }

  private settings(version: Version, own: OwnTerm, isShared = false): LocalSettings {
    const state: LocalState = stateIn(this.store, 'ticks', 5, version.name, own, isShared);
    return settingsOf(state, {
      maxParallelism: 16,
      restart: { strategy: 'FixedDelay', attempts: 3, delayMs: 0 },
    });
  }

  private close(name: string): void {
    const at = this.open.indexOf(name);
    this.open = this.open.filter((_, i) => i !== at);
  }

  private async next(version: Version, own: OwnTerm): Promise<NextRevision> {
    const code = countTicks(this.outlet, this.hold, version);
    const settings = this.settings(version, own);
    const described = { system, name: 'ticks', args: {}, baseDirectory: '.' };
    const { name, waitsForApproval = false } = version;
    this.open = [...this.open, name];
    return {
      name,
      deployment: name,
      revision: { ...sharedThreadRevision(code, settings), name, close: async () => this.close(name) },
      states: await describeJob(described, buildGraph(code, {}, settings)),
      trial: trialOf(version),
      allowRemoved: false,
      waitsForApproval,
    };
  }
}
