import type { Attempt } from '../../src/coordinator/attempt.ts';
import type { EnumeratorReports } from '../../src/coordinator/enumerators.ts';
import type { JobCodeHandle, SinkCommittables } from '../../src/coordinator/job-code.ts';
import type { Deploy } from '../../src/coordinator/job-revision.ts';
import { mergeMetrics } from '../../src/telemetry/merge-metrics.ts';
import type { SlotHandle, SlotReports } from '../../src/worker/slot-handle.ts';

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

const deferred = (): Deferred => {
  const made = Promise.withResolvers<void>();
  made.promise.catch(() => undefined);
  return made;
};

/** A slot that does what the test says, and keeps what it is told. */
export class FakeSlot {
  readonly told: string[] = [];
  readonly ready: Deferred = deferred();
  readonly closed: Deferred = deferred();
  readonly reports: SlotReports;
  records = 0;
  /** What it answers to questions, in order. */
  readonly answers: Uint8Array[] = [];

  constructor(reports: SlotReports) {
    this.reports = reports;
  }

  get handle(): SlotHandle {
    return {
      ready: this.ready.promise,
      open: async () => void this.told.push('open'),
      preload: async () => void this.told.push('preload'),
      start: () => void this.told.push('start'),
      checkpointEnded: (id, completed) =>
        void this.told.push(`checkpoint ${id} ${completed ? 'completed' : 'aborted'}`),
      release: () => void this.told.push('release'),
      addSplit: (task, split) => void this.told.push(`split ${task} ${String(split)}`),
      noMoreSplits: (task) => void this.told.push(`no more ${task}`),
      inject: ({ id }) => void this.told.push(`barrier ${id}`),
      acceptState: ({ keyGroup }) => void this.told.push(`state ${keyGroup}`),
      stop: () => void this.told.push('stop'),
      drain: () => void this.told.push('drain'),
      cancel: () => {
        this.told.push('cancel');
        return this.closed.promise;
      },
      ask: async (question) => {
        this.told.push(`ask ${JSON.stringify(question)}`);
        return this.answers.shift() ?? new Uint8Array(0);
      },
      report: () => [],
      metrics: () => ({ ...mergeMetrics([]), counters: { records: this.records } }),
    };
  }
}

/** Enumerators that do what the test says. */
export class FakeEnumerators {
  readonly told: string[] = [];
  readonly ready: Deferred = deferred();
  readonly started: Deferred = deferred();
  readonly closed: Deferred = deferred();
  readonly reports: EnumeratorReports;

  constructor(reports: EnumeratorReports) {
    this.reports = reports;
  }

  get handle(): JobCodeHandle {
    const perform = async (what: string, checkpointId: number, sinks: readonly SinkCommittables[]) =>
      void this.told.push(`${what} ${checkpointId} ${sinks.map(({ uid }) => uid).join()}`);
    return {
      ready: this.ready.promise,
      start: () => {
        this.told.push('start');
        return this.started.promise;
      },
      requestSplit: (task, slot) => void this.told.push(`request ${task} ${slot}`),
      addSplitsBack: (task, slot, splits) => void this.told.push(`back ${task} ${slot} ${splits.join()}`),
      snapshot: (take) => {
        this.told.push('snapshot');
        take([]);
      },
      commit: (checkpointId, sinks) => perform('commit', checkpointId, sinks),
      abort: (checkpointId, sinks) => perform('abort', checkpointId, sinks),
      abortOlder: async (attempt) => void this.told.push(`abort before ${attempt}`),
      close: () => {
        this.told.push('close');
        return this.closed.promise;
      },
    };
  }
}

/** What was deployed for one attempt. */
export interface FakeDeployment {
  readonly number: Attempt['number'];
  readonly slots: readonly FakeSlot[];
  readonly enumerators: FakeEnumerators;
}

/** Deploys fakes and keeps them, newest last. `quick`: everything is ready, starts and closes at once. */
export class FakeCluster {
  readonly deployed: FakeDeployment[] = [];
  private readonly slots: number;
  private readonly quick: boolean;

  constructor(slots: number, quick: boolean) {
    this.slots = slots;
    this.quick = quick;
  }

  get newest(): FakeDeployment {
    return this.deployed.at(-1) as FakeDeployment;
  }

  readonly deploy: Deploy = (number, slotReports, enumeratorReports) => {
    const slots = Array.from({ length: this.slots }, (_, slot) => new FakeSlot(slotReports(slot)));
    const enumerators = new FakeEnumerators(enumeratorReports);
    this.deployed.push({ number, slots, enumerators });
    if (this.quick) {
      for (const part of [...slots, enumerators]) {
        part.ready.resolve();
        part.closed.resolve();
      }
      enumerators.started.resolve();
    }
    return { slots: slots.map(({ handle }) => handle), jobCode: enumerators.handle };
  };
}

/** Lets everything happen that waits for nothing but promises. */
export const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
