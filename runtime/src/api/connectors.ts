/**
 * What a source and a sink are to the runtime. A *source* has one *enumerator* (it finds *splits*, the units of reading, and
 * hands them to readers that ask) and one *reader* a subtask (it reads its splits, one batch a poll). The shape is that of
 * Flink's FLIP-27. A *sink* has one *writer* a subtask; a two-phase sink also prepares and commits transactions.
 */
import type { Batch } from '../batch/batch.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { MetricGroup } from '../telemetry/metrics.ts';

/** Where the committer of a sink runs: on a thread beside the slots, one a sink. */
export interface CommitterContext {
  readonly system: System;
  readonly logger: Logger;
  readonly metrics: MetricGroup;
  readonly transformName: string;
  /** The directory that relative paths of the job start from. */
  readonly baseDirectory: string;
  /**
   * Names this transform of this job, the same in every attempt and at every parallelism: what it leaves behind in a place that
   * others use too is told from theirs by it. Any text.
   */
  readonly owner: string;
}

/** Where a connector runs: shared by sources and sinks. */
export interface ConnectorContext extends CommitterContext {
  readonly subtask: number;
  readonly parallelism: number;
  readonly attempt: number;
  /** Whether checkpoints decide what becomes visible: a two-phase sink then keeps everything until it is prepared and committed. */
  readonly checkpoints?: boolean;
  /** Tells the task loop to look again: data came in, or a sink has room. Callable at any time, cheap, coalesced. */
  wake(): void;
  /** Ends the job with this error; for what happens outside a call of the runtime. */
  fail(error: unknown): void;
}

/**
 * Reads records. `T` is the record, `Split` a plain value of the value domain that says what to read and from where. The
 * enumerator and each reader run on threads of their own, each with its own copy of the job's module and its variables: the
 * source's options are the same in all of them, and beyond that they share splits and nothing else.
 */
export interface Source<T, Split = unknown, EnumeratorState = unknown> {
  /** Shown in graphs and logs, e.g. `files`. */
  readonly kind: string;
  readonly boundedness: 'bounded' | 'endless';
  readonly recordType?: T;
  /** The fields this source will read; absent = all. Set by `fields` of the source. */
  readonly fields?: readonly string[] | undefined;
  /** The same source reading only these fields: called by the planner when it can prove that no other is used. */
  withFields?(fields: readonly string[]): Source<T, Split, EnumeratorState>;
  createEnumerator(
    context: EnumeratorContext<Split>,
    restored?: EnumeratorState,
  ): SplitEnumerator<Split, EnumeratorState>;
  createReader(context: SourceReaderContext<T>): SourceReader<Split>;
}

export interface EnumeratorContext<Split> {
  readonly system: System;
  readonly logger: Logger;
  readonly baseDirectory: string;
  readonly parallelism: number;
  /**
   * Gives a split to a subtask. A split is given to one reader at a time, ever. The reader gets a copy: a split outside of the
   * value domain (a function, a class instance, an open file) cannot be sent, and fails the job.
   */
  assign(subtask: number, split: Split): void;
  /** Says that this subtask gets no more splits. */
  noMoreSplits(subtask: number): void;
  fail(error: unknown): void;
}

/**
 * Finds splits and hands them out, on a thread that is the enumerators' alone (in `millrace/testing` on that of the test). What
 * it throws fails the job; what fails outside of a call of the runtime is told by `fail` of its context. When it has been
 * closed it must hold no timer and no socket: its thread is ended from outside after 5 s.
 */
export interface SplitEnumerator<Split, EnumeratorState> {
  start(): void | Promise<void>;
  /** A reader has room for one more split. Answer now or later, by `assign` or `noMoreSplits`. */
  requestSplit(subtask: number): void;
  /** Splits of a reader that failed, with their positions. */
  addSplitsBack(splits: readonly Split[], subtask: number): void;
  /**
   * Readers went on while the enumerator was gone: these splits were given to them behind the state that it was restored with, and
   * must not be given again. Called before `start`, also with none. Absent = the readers go back to that state too.
   */
  alreadyAssigned?(splits: readonly Split[]): void;
  snapshot(): EnumeratorState;
  close(): void | Promise<void>;
}

export interface SourceReaderContext<T> extends ConnectorContext {
  /** Asks the enumerator for another split. */
  requestSplit(): void;
  /** The output for one split's records; each split has watermarks of its own. `release` when the split is read. */
  split(splitId: string): SplitOutput<T>;
  /** Hands a bad record to the job's dead-letter policy; throws when the policy is `fail`. */
  deadLetter(record: unknown, reason: string, where: string): void;
}

export interface SplitOutput<T> {
  emit(value: T, timestampMs?: number): void;
  /** Records of one batch; faster than one at a time. */
  emitBatch(batch: Batch): void;
  markIdle(): void;
  release(): void;
}

/** What a poll says: `more` = call again soon, `waiting` = nothing until `wake()`, `end` = no record will ever come. */
export type PollResult = 'more' | 'waiting' | 'end';

export interface SourceReader<Split> {
  open?(): void | Promise<void>;
  addSplit(split: Split): void;
  noMoreSplits(): void;
  /** Emits about one batch and returns; never blocks. */
  poll(): PollResult;
  /**
   * The job stops: take nothing new from outside; polls go on until one says `end`. Absent = reading ends at once. For
   * readers that have promised somebody to deliver what they hold.
   */
  stop?(): void;
  /** The splits held now, each with its position. */
  snapshot(): readonly Split[];
  /** Twice is harmless. */
  close(): void | Promise<void>;
}

/** What is promised for records that reach a sink. */
export type Delivery = 'exactly-once' | 'at-least-once' | 'at-most-once' | 'none';

export interface Sink<T> {
  readonly kind: string;
  /** What the sink promises once checkpoints are in force. */
  readonly delivery: Delivery;
  /** Only for the compiler: a sink takes the records it names and their subtypes. */
  readonly recordType?: (record: T) => void;
  createWriter(context: ConnectorContext): SinkWriter | Promise<SinkWriter>;
}

export interface SinkWriter {
  write(batch: Batch): void;
  /** False while the sink has no room: its task gets no input until `wake()`. */
  hasRoom?(): boolean;
  /** Makes everything written so far visible or durable, as the sink's delivery says. */
  flush(): void | Promise<void>;
  /** `flush` came before when the job ended well. Twice is harmless. */
  close(): void | Promise<void>;
}

/**
 * A sink whose output becomes visible with a checkpoint. At a barrier every writer *prepares*: what it was given so far becomes durable
 * and stays invisible. What it says about it, its *committables*, is part of the checkpoint: plain values of the value domain that name
 * the transaction and its target. Once the checkpoint is in the log, the *committer* of the sink commits them; until that is known they
 * are in every later checkpoint too, so a commit may come again after a crash, from another process, at another parallelism, and while
 * writers of a newer attempt are open. So a transaction must outlive the connection, thread and process that made it.
 *
 * For a target with transactions of its own (a broker, say): the committable is what takes the transaction up again (its name and epoch);
 * names hold `owner`, attempt and subtask, so that `abortOlder` finds those of earlier attempts, of any parallelism, and fences their
 * writers. One that the target has ended by itself is `output-lost`.
 */
export interface TwoPhaseSink<T, Committable> extends Sink<T> {
  /**
   * How long the target keeps a prepared transaction; absent = for ever. A job is refused whose checkpoints may take longer to be
   * committed: interval, timeout and tolerable failures, times those that a held deployment keeps back, and the time of a restart.
   */
  readonly longestTransactionMs?: number;
  createWriter(
    context: ConnectorContext,
  ): TwoPhaseSinkWriter<Committable> | Promise<TwoPhaseSinkWriter<Committable>>;
  /** Works without the job's graph: only from the connector's configuration and the committable. */
  createCommitter(context: CommitterContext): Committer<Committable>;
}

/** With `context.checkpoints`, nothing becomes visible but by the committer: not by `flush` either, also not at the end of the input. */
export interface TwoPhaseSinkWriter<Committable> extends SinkWriter {
  /**
   * Seals the transaction in hand and opens the next, before it returns; resolves when what was sealed is durable but not visible. Records
   * are written meanwhile. Nothing written = no committable, or an empty transaction that costs little.
   */
  prepare(checkpointId: number): Promise<readonly Committable[]>;
}

export interface Committer<Committable> {
  /**
   * Idempotent: what is committed already stays as it is. It is called again when it rejects for a reason that may pass, that is with
   * anything but a MillraceError of another code than `io`.
   * @throws MillraceError output-lost when the transaction can no longer be committed: the job fails, and says what is lost.
   */
  commit(committable: Committable): Promise<void>;
  /** Idempotent, and harmless for a transaction that is not there. */
  abort(committable: Committable): Promise<void>;
  /**
   * Ends what this sink's writers of attempts before this one have left open, prepared or not. What they prepared for a checkpoint in the
   * log is committed before. Absent = nothing is ever left.
   */
  abortOlder?(attempt: number): Promise<void>;
  /** Twice is harmless. */
  close?(): void | Promise<void>;
}
