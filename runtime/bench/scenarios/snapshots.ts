import { type ValueState, valueState } from 'millrace';
import { hashNumber } from '../../src/batch/hash.ts';
import { keyGroupRange } from '../../src/state/key-groups.ts';
import type { KeyedSnapshot, KeyGroupPiece, SnapshotRequest } from '../../src/state/keyed-snapshot.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { measure } from '../measure-job.ts';
import type { Measurement, Scenario } from '../scenario.ts';

const maxParallelism = 128;
const { first, last } = keyGroupRange(0, 1, maxParallelism);
const keyGroups = Array.from({ length: last - first + 1 }, (_, i) => first + i);
/** Writes between two pieces, as many as a batch has records. */
const batchLength = 2048;

/** What a key holds: a number in a typed column, or an object. About as many bytes a key in a snapshot. */
type Kind = 'typed' | 'heap';
const snapshotBytesPerKey: Readonly<Record<Kind, number>> = { typed: 16, heap: 50 };

/** A store of so many bytes as a snapshot has them, and a way to write one of its keys. */
class State {
  readonly store: KeyedStore = new KeyedStore({ maxParallelism, nowMs: () => 0 });
  readonly keyCount: number;
  private readonly write: (key: number) => void;
  private lastId = 0;

  constructor(kind: Kind, bytes: number) {
    this.keyCount = Math.floor(bytes / snapshotBytesPerKey[kind]);
    this.write = kind === 'typed' ? this.typedWrite() : this.heapWrite();
  }

  fill(): this {
    for (let key = 0; key < this.keyCount; key++) this.take(key);
    return this;
  }

  take(key: number): void {
    this.store.setCurrentKey(key, hashNumber(key));
    this.write(key);
  }

  /** Writes keys in no order, each as likely as any other. */
  takeSome(count: number, from: number): void {
    for (let i = from; i < from + count; i++) this.take((Math.imul(i, 0x9e3779b1) >>> 0) % this.keyCount);
  }

  snapshot(since?: number): KeyedSnapshot {
    this.lastId += 1;
    const request: SnapshotRequest = { checkpointId: this.lastId, keyGroups, since: () => since };
    return this.store.snapshotKeyGroups(request);
  }

  private typedWrite(): (key: number) => void {
    const state = this.store.register(valueState('count', { type: 'number', default: 0 })) as ValueState<
      number,
      number
    >;
    return () => state.update(state.value() + 1);
  }

  private heapWrite(): (key: number) => void {
    type Visits = { user: number; visits: number; last: string; amount: number };
    const state = this.store.register(valueState('visits')) as ValueState<Visits>;
    return (key) => {
      const visits = state.value();
      if (visits === undefined) state.update({ user: key, visits: 1, last: 'somewhere else', amount: 0.5 });
      else {
        visits.visits += 1;
        state.update(visits);
      }
    };
  }
}

const read = (snapshot: KeyedSnapshot): KeyGroupPiece[] => {
  const pieces: KeyGroupPiece[] = [];
  for (let piece = snapshot.next(); piece !== undefined; piece = snapshot.next()) pieces.push(piece);
  return pieces;
};

const bytesOf = (pieces: readonly KeyGroupPiece[]): number =>
  pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

/** Batch after batch is written at full speed, with a piece of the snapshot between two of them, as a slot does it. */
const pause = async (kind: Kind, bytes: number): Promise<Measurement> => {
  const state = new State(kind, bytes).fill();
  const steps: number[] = [];
  const cpuSteps: number[] = [];
  const alone: number[] = [];
  let written = 0;
  const timed = (into: number[], act: () => unknown): unknown => {
    const startMs = performance.now();
    const before = process.threadCpuUsage();
    const result = act();
    const { user, system } = process.threadCpuUsage(before);
    into.push(performance.now() - startMs);
    if (into === steps) cpuSteps.push((user + system) / 1000);
    return result;
  };
  const batch = (): void => {
    state.takeSome(batchLength, written);
    written += batchLength;
  };
  for (let i = 0; i < 500; i++) timed(alone, batch);
  const measured = await measure(1, () => {
    for (let round = 0; round < 3; round++) {
      const snapshot = timed(steps, () => state.snapshot()) as KeyedSnapshot;
      for (let piece: unknown = true; piece !== undefined; timed(steps, batch))
        piece = timed(steps, () => snapshot.next());
    }
    return Promise.resolve();
  });
  const sorted = steps.toSorted((left, right) => left - right);
  const cpu = cpuSteps.toSorted((left, right) => left - right);
  return {
    ...measured,
    records: written,
    figures: {
      stepP50Ms: percentile(sorted, 0.5),
      stepP99Ms: percentile(sorted, 0.99),
      stepMaximumMs: sorted.at(-1) ?? Number.NaN,
      // The same without the time in which the thread was not let run by other programs.
      stepCpuP99Ms: percentile(cpu, 0.99),
      stepCpuMaximumMs: cpu.at(-1) ?? Number.NaN,
      batchAloneP50Ms: percentile(
        alone.toSorted((left, right) => left - right),
        0.5,
      ),
      stateRssMiB: process.memoryUsage().rss / 2 ** 20,
    },
  };
};

/** The whole state is encoded, then what a hundredth of the keys has changed, and all is read back. */
const throughput = async (kind: Kind, bytes: number): Promise<Measurement> => {
  const state = new State(kind, bytes).fill();
  read(state.snapshot()).length = 0;
  let pieces: KeyGroupPiece[] = [];
  const whole = await measure(state.keyCount, () => {
    pieces = read(state.snapshot());
    return Promise.resolve();
  });
  state.store.checkpointEnded(2, true);
  state.takeSome(Math.floor(state.keyCount / 100), 0);
  let changes: KeyGroupPiece[] = [];
  const increment = await measure(state.keyCount, () => {
    changes = read(state.snapshot(2));
    return Promise.resolve();
  });
  const restored = new State(kind, bytes);
  const restore = await measure(state.keyCount, () => {
    for (const { keyGroup, mode, bytes: piece } of pieces) {
      if (mode === 'whole') restored.store.importKeyGroup(keyGroup, piece);
      else restored.store.applyChanges(keyGroup, piece);
    }
    return Promise.resolve();
  });
  const megabytes = bytesOf(pieces) / 1e6;
  return {
    ...whole,
    figures: {
      megabytes,
      encodeMegabytesPerCpuSecond: megabytes / whole.cpuSeconds,
      changesOfOnePercentSeconds: increment.seconds,
      changesPart: bytesOf(changes) / bytesOf(pieces),
      restoreMegabytesPerCpuSecond: megabytes / restore.cpuSeconds,
    },
  };
};

const sizes = [
  { name: '', text: '64 MB', bytes: 64e6, onlyByName: false },
  { name: '-1gb', text: '1 GB', bytes: 1e9, onlyByName: true },
];

const kinds: readonly { readonly kind: Kind; readonly text: string; readonly encodeAtLeast: number }[] = [
  { kind: 'typed', text: 'numbers in a typed column', encodeAtLeast: 400 },
  { kind: 'heap', text: 'objects of four fields', encodeAtLeast: 60 },
];

/** Snapshots of keyed state by themselves, without a job around them: bytes are those of the snapshot, not compressed. */
export const snapshotScenarios: readonly Scenario[] = sizes.flatMap(({ name, text, bytes, onlyByName }) =>
  kinds.flatMap(({ kind, text: what, encodeAtLeast }): Scenario[] => [
    {
      name: `snapshot-pause-${kind}${name}`,
      title: `snapshots of ${text} of ${what} while all keys are written in no order: how long a step takes, a batch or a piece`,
      subject: () => pause(kind, bytes),
      bars: [{ figure: 'stepP99Ms', atMost: 20 }],
      onlyByName,
    },
    {
      name: `snapshot-throughput-${kind}${name}`,
      title: `${text} of ${what}: encoding all, encoding what 1 % of the keys has changed, reading it back`,
      subject: () => throughput(kind, bytes),
      bars: [
        { figure: 'encodeMegabytesPerCpuSecond', atLeast: encodeAtLeast },
        { figure: 'changesOfOnePercentSeconds', atMost: 1 },
        // 1 GB on two slots in 10 s.
        { figure: 'restoreMegabytesPerCpuSecond', atLeast: 50 },
      ],
      onlyByName,
    },
  ]),
);
