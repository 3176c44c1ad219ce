import type { PollResult, Source, SourceReader, SplitEnumerator } from '../../../src/api/connectors.ts';
import { assertSupported, cloneValue } from '../../../src/batch/values.ts';
import { MetricGroup } from '../../../src/telemetry/metrics.ts';
import type { TestSystem } from './test-system.ts';

export interface ReadRecord<T> {
  readonly value: T;
  readonly timestampMs: number;
  readonly subtask: number;
  readonly splitId: string;
}

/** Everything that a checkpoint keeps of a source. */
export interface SourceSnapshot<Split, State> {
  readonly enumerator: State;
  readonly splits: readonly Split[];
}

export interface SourceRunSettings<Split, State> {
  readonly parallelism?: number;
  readonly restored?: SourceSnapshot<Split, State>;
  readonly baseDirectory?: string;
  /** `fail` throws at the first dead letter. */
  readonly deadLetters?: 'fail' | 'keep';
}

/**
 * Turns of the event loop that work off the thread may take before a run is called stuck. A turn takes a microsecond, and a busy machine
 * may leave a thread of the pool waiting for seconds: what ends a wait in a test that passes is the work itself.
 */
const patienceTurns = 10_000_000;

/** One attempt of a source, driven by hand: its enumerator, its readers, and what they emitted. */
export class SourceRun<T, Split, State> {
  readonly records: ReadRecord<T>[] = [];
  readonly deadLetters: { readonly record: unknown; readonly reason: string; readonly where: string }[] = [];
  readonly failures: unknown[] = [];
  readonly metrics: MetricGroup[] = [];
  readonly openSplits = new Set<string>();
  /** Splits that were marked idle. */
  readonly idleSplits = new Set<string>();
  wakes = 0;
  readonly parallelism: number;
  private readonly test: TestSystem;
  private enumerator: SplitEnumerator<Split, State>;
  private readonly source: Source<T, Split, State>;
  private readonly baseDirectory: string;
  /** Splits that came to readers since the last snapshot, and how many each reader waits for. */
  private given: Split[] = [];
  private readonly asked: number[] = [];
  private readonly readers: SourceReader<Split>[] = [];
  private readonly ended: boolean[] = [];
  private readonly inbox: (() => void)[] = [];
  private delivered = 0;

  constructor(
    source: Source<T, Split, State>,
    test: TestSystem,
    settings: SourceRunSettings<Split, State> = {},
  ) {
    this.test = test;
    this.source = source;
    this.baseDirectory = settings.baseDirectory ?? '/base';
    this.parallelism = settings.parallelism ?? 1;
    const { shared } = this;
    this.enumerator = this.createEnumerator(settings.restored?.enumerator);
    for (let subtask = 0; subtask < this.parallelism; subtask++) {
      const metrics = new MetricGroup();
      this.metrics.push(metrics);
      this.ended.push(false);
      this.asked.push(0);
      this.readers.push(
        source.createReader({
          ...shared,
          metrics,
          transformName: 'source',
          owner: 'job/source',
          subtask,
          attempt: 1,
          wake: () => {
            this.wakes++;
          },
          requestSplit: () => this.ask(subtask),
          split: (splitId) => this.openSplit(subtask, splitId),
          deadLetter: (record, reason, where) => {
            if (settings.deadLetters !== 'keep') throw new Error(`${where}: ${reason}`);
            this.deadLetters.push({ record, reason, where });
          },
        }),
      );
    }
    settings.restored?.splits.forEach((split, i) => {
      this.readers[i % this.parallelism]?.addSplit(cloneValue(split));
    });
  }

  async open(): Promise<this> {
    await this.enumerator.start();
    for (const reader of this.readers) await reader.open?.();
    return this;
  }

  /** The enumerator is gone, with all that was under way from it and to it; another one goes on from this state, and with what readers have. */
  async adopt(state: State): Promise<void> {
    this.inbox.length = 0;
    await this.enumerator.close();
    this.enumerator = this.createEnumerator(state);
    this.enumerator.alreadyAssigned?.(this.given.map(cloneValue));
    await this.enumerator.start();
    this.asked.forEach((count, subtask) => {
      for (let i = 0; i < count; i++) this.inbox.push(() => this.enumerator.requestSplit(subtask));
    });
  }

  /** Delivers splits and requests until there are none under way. */
  deliver(): void {
    for (let message = this.inbox.shift(); message !== undefined; message = this.inbox.shift()) {
      this.delivered++;
      message();
    }
  }

  poll(subtask: number): PollResult {
    this.deliver();
    const result = this.ended[subtask] ? 'end' : (this.readers[subtask] as SourceReader<Split>).poll();
    if (result === 'end') this.ended[subtask] = true;
    if (this.failures.length > 0) throw this.failures[0];
    return result;
  }

  /** Asks a reader itself, also one that has ended. */
  pollReader(subtask: number): PollResult {
    return (this.readers[subtask] as SourceReader<Split>).poll();
  }

  /** Polls everybody in turn until all have ended, or until all wait and nothing will wake them. */
  async runToEnd(): Promise<'end' | 'waiting'> {
    for (;;) {
      const delivered = this.delivered;
      let waiting = true;
      let ended = true;
      for (let subtask = 0; subtask < this.parallelism; subtask++) {
        const result = this.poll(subtask);
        if (result !== 'end') ended = false;
        if (result === 'more') waiting = false;
      }
      if (ended) return 'end';
      if (this.inbox.length > 0 || this.delivered > delivered) continue;
      if (waiting && !(await this.somethingHappens())) return 'waiting';
    }
  }

  /** Waits for work off the thread to wake a reader. */
  async somethingHappens(turns: number = patienceTurns): Promise<boolean> {
    const before = this.wakes;
    for (let turn = 0; turn < turns && this.wakes === before; turn++) {
      if (this.test.compressing === 0) return false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return this.wakes > before;
  }

  /** What a checkpoint would keep now; checked to be plain values that later reading does not change. */
  snapshot(): SourceSnapshot<Split, State> {
    this.deliver();
    this.given = [];
    const splits = this.readers.flatMap((reader) => [...reader.snapshot()]);
    const snapshot = { enumerator: this.enumerator.snapshot(), splits };
    assertSupported(snapshot, 'the snapshot');
    return cloneValue(snapshot);
  }

  values(): T[] {
    return this.records.map(({ value }) => value);
  }

  async close(): Promise<void> {
    for (const reader of this.readers) await reader.close();
    await this.enumerator.close();
  }

  private get shared() {
    return {
      system: this.test.system,
      logger: this.test.logger,
      baseDirectory: this.baseDirectory,
      parallelism: this.parallelism,
      fail: (error: unknown): void => void this.failures.push(error),
    };
  }

  private createEnumerator(state: State | undefined): SplitEnumerator<Split, State> {
    return this.source.createEnumerator(
      {
        ...this.shared,
        // A split reaches its reader later, as through a channel.
        assign: (subtask, split) => void this.inbox.push(() => this.give(subtask, cloneValue(split))),
        noMoreSplits: (subtask) =>
          void this.inbox.push(() => {
            this.asked[subtask] = 0;
            this.readers[subtask]?.noMoreSplits();
          }),
      },
      state === undefined ? undefined : cloneValue(state),
    );
  }

  private ask(subtask: number): void {
    this.asked[subtask] = (this.asked[subtask] ?? 0) + 1;
    this.inbox.push(() => this.enumerator.requestSplit(subtask));
  }

  private give(subtask: number, split: Split): void {
    this.asked[subtask] = (this.asked[subtask] ?? 0) - 1;
    this.given.push(cloneValue(split));
    this.readers[subtask]?.addSplit(split);
  }

  private openSplit(subtask: number, splitId: string) {
    if (this.openSplits.has(splitId)) throw new Error(`The split ${splitId} is open already.`);
    this.openSplits.add(splitId);
    const keep = (value: T, timestampMs: number): void =>
      void this.records.push({ value, timestampMs, subtask, splitId });
    return {
      emit: (value: T, timestampMs: number = Number.NaN): void => keep(value, timestampMs),
      emitBatch: (batch: import('../../../src/batch/batch.ts').Batch): void => {
        if (batch.length === 0) throw new Error('An empty batch was emitted.');
        const rows = batch.rows();
        for (let i = 0; i < batch.length; i++) keep(rows[i] as T, batch.timestamps[i] as number);
      },
      markIdle: (): void => void this.idleSplits.add(splitId),
      release: (): void => {
        if (!this.openSplits.delete(splitId)) throw new Error(`The split ${splitId} was released twice.`);
      },
    };
  }
}
