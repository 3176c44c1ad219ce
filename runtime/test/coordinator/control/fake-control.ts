import type { JobEvent } from '../../../src/contract/control/events.ts';
import type { Operation, Operations } from '../../../src/contract/control/operations.ts';
import type { JobStatus } from '../../../src/contract/control/status.ts';
import { MillraceError } from '../../../src/contract/errors.ts';
import type { JobControl } from '../../../src/coordinator/control/job-control.ts';
import { MetricGroup } from '../../../src/telemetry/metrics.ts';

export const jobStatus: JobStatus = {
  name: 'shop',
  uid: 'f00d',
  state: 'running',
  role: 'leading',
  deployment: 'r1',
  sinceMs: 1000,
  attempt: 2,
  term: 1,
  revision: 'r1',
  runtimeVersion: '1.2.3',
  restarts: 1,
  parallelism: { desired: 2, actual: 2, maximum: 128 },
  settings: 's1',
  lastRescale: {
    atMs: 5,
    pauseMs: 80,
    committedPauseMs: null,
    from: '1',
    to: '2',
    outcome: 'done',
    reason: null,
  },
  lastUpgrade: null,
  lastCheckpoint: { id: 7, completedMs: 900 },
  trouble: null,
};

const checkpoint = {
  id: 7,
  kind: 'checkpoint',
  state: 'completed',
  attempt: 2,
  startedMs: 800,
  endedMs: 900,
  unaligned: false,
  bytes: 10,
  fullBytes: 100,
  subtasks: 2,
  acknowledged: 2,
  failure: null,
  manifest: 'jobs/f00d/log/12',
} as const;

const distribution = { minimum: 1, mean: 2, p50: 2, p99: 3, maximum: 3 };

const savepoint = {
  name: 'before',
  state: 'completed',
  checkpointId: 8,
  startedMs: 1,
  completedMs: 2,
  bytes: 3,
  progress: 1,
  location: 'jobs/f00d/savepoints/before',
  failure: null,
} as const;

const nextDeployment = {
  phase: 'planned',
  revision: 'r2',
  sinceMs: 1,
  compatibility: 'compatible',
  changes: [{ transform: 'counts', state: 'total', change: 'widened', explanation: 'int to number' }],
  heldCheckpoints: { completed: 0, wanted: 2 },
  reason: null,
} as const;

const handOver = {
  phase: 'handedOver',
  to: 'r2',
  sinceMs: 1,
  cut: 8,
  reason: null,
  sequence: 3,
} as const;

const subtask = {
  slot: 0,
  recordsIn: 1,
  recordsOut: 2,
  deadLetters: 0,
  lateRecords: 0,
  watermarkMs: null,
};
const task = {
  task: 0,
  name: 'clicks → valid',
  parallelism: 2,
  recordsIn: 1,
  recordsOut: 2,
  deadLetters: 0,
  lateRecords: 0,
  watermarkMs: 5,
  busyShare: 0.5,
  blockedShare: 0,
};

const parallelism = { desired: 2, actual: 2, maximum: 128, sequence: 4 };

const download = (text: string) => ({
  fileName: `${text}.json`,
  chunks: (async function* () {
    yield Buffer.from('{"is":');
    yield Buffer.from(JSON.stringify(text));
    yield Buffer.from('}');
  })(),
});

/** What the fake answers to each question. */
export const replies: { readonly [O in Operation]: () => Operations[O]['reply'] } = {
  getStatus: () => jobStatus,
  getGraph: () => ({
    slots: 2,
    maxParallelism: 128,
    hash: 'abc',
    tasks: [{ index: 0, parallelism: 2, transforms: [{ name: 'clicks', kind: 'source' }], outputs: [] }],
  }),
  listTasks: () => ({ tasks: [task] }),
  getTask: () => ({
    ...task,
    transforms: [{ name: 'clicks', uid: null, kind: 'source', metrics: { seen: 4, lag: null } }],
    subtasks: [{ ...subtask, busyMs: 10, blockedMs: 0 }],
  }),
  listWorkers: () => ({
    workers: [{ id: 'w1', address: null, slots: [0, 1], state: 'active', silentMs: 0, residentBytes: 5 }],
  }),
  listFailures: () => ({
    failures: [
      {
        atMs: 1,
        attempt: 1,
        task: 'parse',
        slot: 0,
        causes: [{ name: 'Error', message: 'no', code: null, hint: null, where: { line: 3 } }],
        outcome: 'restarted',
      },
    ],
    total: 1,
  }),
  listCheckpoints: () => ({
    counts: { triggered: 9, completed: 7, failed: 1, restored: 1 },
    summary: { durationMs: distribution, bytes: distribution },
    restored: { id: 3, atMs: 4 },
    inProgress: [{ ...checkpoint, state: 'inProgress', endedMs: null, manifest: null }],
    history: [checkpoint],
  }),
  getCheckpoint: () => ({
    ...checkpoint,
    tasks: [
      {
        task: 0,
        name: 'clicks',
        subtasks: [
          { slot: 0, startDelayMs: 1, alignmentMs: 2, syncMs: 3, asyncMs: 4, bytes: 5, inFlightBytes: 0 },
        ],
      },
    ],
  }),
  triggerCheckpoint: () => checkpoint,
  listSavepoints: () => ({ savepoints: [savepoint] }),
  createSavepoint: () => savepoint,
  getSavepoint: () => savepoint,
  disposeSavepoint: () => savepoint,
  getParallelism: () => parallelism,
  setParallelism: () => parallelism,
  configure: () => jobStatus,
  getNextDeployment: () => nextDeployment,
  planDeployment: () => nextDeployment,
  prepareDeployment: () => nextDeployment,
  approveDeployment: () => nextDeployment,
  rollBackDeployment: () => nextDeployment,
  takeOver: () => nextDeployment,
  handOver: () => handOver,
  getHandOver: () => handOver,
  stop: () => ({ ...jobStatus, state: 'stopping' }),
  drain: () => ({ ...jobStatus, state: 'stopping' }),
  suspend: () => ({ ...jobStatus, state: 'suspended' }),
  resume: () => jobStatus,
  cancel: () => ({ ...jobStatus, state: 'cancelled' }),
  queryState: () => ({ keyGroup: 12, slot: 1, found: true, value: { total: 3 } }),
  profileSlot: () => download('profile'),
  dumpHeap: () => download('heap'),
};

/** A job that answers to everything, remembers what it was asked, and does what a test tells it. */
export class FakeControl {
  /** Every question so far, in order. */
  readonly asked: { readonly operation: Operation; readonly request: unknown }[] = [];
  /** What the next question is answered with instead. */
  instead: (() => unknown) | undefined;
  reason: string | undefined;
  readonly control: JobControl;
  private readonly listeners = new Set<(event: JobEvent) => void>();

  constructor() {
    const answers = Object.fromEntries(
      Object.entries(replies).map(([operation, reply]) => [
        operation,
        (request: unknown) => {
          this.asked.push({ operation: operation as Operation, request });
          return (this.instead ?? reply)();
        },
      ]),
    );
    this.control = {
      ...(answers as unknown as JobControl),
      subscribe: (listener) => {
        this.listeners.add(listener);
        return () => void this.listeners.delete(listener);
      },
      metrics: () => {
        const group = new MetricGroup();
        group.counter('numRecordsIn').increment(42);
        return [{ labels: { job: 'shop', slot: '0' }, snapshot: group.snapshot() }];
      },
      notReady: () => this.reason,
    };
  }

  get subscribers(): number {
    return this.listeners.size;
  }

  happen(event: JobEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** A change of the status, told apart by its time. */
  change(sinceMs: number): void {
    this.happen({ type: 'status', status: { ...jobStatus, sinceMs } });
  }

  refuseWith(...given: ConstructorParameters<typeof MillraceError>): void {
    this.instead = () => {
      throw new MillraceError(...given);
    };
  }
}
