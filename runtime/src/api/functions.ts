import type { MetricGroup } from '../telemetry/metrics.ts';
import type { OutputTag } from './output-tag.ts';
import type {
  BroadcastState,
  BroadcastStateDescriptor,
  ListStateDescriptor,
  ReadonlyBroadcastState,
  StateAccess,
  SubtaskListState,
} from './state.ts';

/** A value that is not a promise: user functions that return one belong into `mapAsync`, and the compiler says so. */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

/** With what `emit` gives back, `(value, output) => output.emit(value)` is a function without a result. */
type Nothing = ReturnType<() => void>;
/** The result of a function that has none. Unlike `void` alone it refuses a promise: an async function does not compile. */
export type NoPromise = Nothing | undefined | null | boolean | number | string;

/** What a running function knows of its place. One instance of the job's code runs in each slot. */
export interface RuntimeContext extends StateAccess {
  readonly jobName: string;
  readonly transformName: string;
  /** 0-based number of this parallel copy, and how many there are now. */
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** Which incarnation of the data plane this is, from 1. */
  readonly attempt: number;
  readonly args: Readonly<Record<string, string>>;
  readonly metrics: MetricGroup;
  /** List state that belongs to the subtask; on another parallelism its items are dealt out anew. */
  listState<T>(descriptor: ListStateDescriptor<T>): SubtaskListState<T>;
  /** List state of which, after a restore, every subtask gets all items of all subtasks. */
  unionListState<T>(descriptor: ListStateDescriptor<T>): SubtaskListState<T>;
}

/** The life of a user function. `open` runs before the first record, `close` after the last, also when the job fails. */
export interface Lifecycle {
  open?(context: RuntimeContext): void | Promise<void>;
  close?(): void | Promise<void>;
  /** The checkpoint with this id is durable. */
  checkpointComplete?(checkpointId: number): void;
  checkpointAborted?(checkpointId: number): void;
}

/** Takes the results of a function, in order. A value is immutable once emitted. */
export interface Collector<T> {
  /** Emits a value; it keeps the timestamp of the record in hand unless another is given (ms since the epoch). */
  emit(value: T, timestampMs?: number): void;
}

export type MapFunction<T, R> = ((value: T) => R) | (Lifecycle & { map(value: T): R });
export type FilterFunction<T> = ((value: T) => boolean) | (Lifecycle & { filter(value: T): boolean });
export type FlatMapFunction<T, R> =
  | ((value: T, output: Collector<R>) => NoPromise)
  | (Lifecycle & { flatMap(value: T, output: Collector<R>): NoPromise });
/** Combines two into one. Its parameters are checked as a method's are, so that a stream of a subtype is a stream of the type. */
export type Combine<T> = { combine(left: T, right: T): T }['combine'];
export type ReduceFunction<T> = Combine<T> | (Lifecycle & { reduce(left: T, right: T): T });

/** Timers of the current key. A time registered twice fires once. */
export interface TimerService {
  registerEventTimeTimer(timestampMs: number): void;
  registerProcessingTimeTimer(timestampMs: number): void;
  deleteEventTimeTimer(timestampMs: number): void;
  deleteProcessingTimeTimer(timestampMs: number): void;
}

/** What a process function sees beside the record in hand. Valid only during the call. */
export interface ProcessContext {
  /** Event time of the record in ms since the epoch; undefined when it has none. */
  readonly timestampMs: number | undefined;
  /** Everything up to this event time has been seen; −Infinity before the first watermark. */
  readonly watermarkMs: number;
  /** The processing clock, read once a batch. */
  readonly processingTimeMs: number;
  /** Emits to a side output. */
  emitTo<S>(tag: OutputTag<S>, value: S, timestampMs?: number): void;
}

export interface KeyedProcessContext<K> extends ProcessContext {
  readonly key: K;
  readonly timers: TimerService;
}

export interface TimerContext<K> extends KeyedProcessContext<K> {
  readonly timeDomain: 'event' | 'processing';
}

export interface ProcessFunction<T, R> extends Lifecycle {
  process(value: T, context: ProcessContext, output: Collector<R>): NoPromise;
}

export interface KeyedProcessFunction<K, T, R> extends Lifecycle {
  process(value: T, context: KeyedProcessContext<K>, output: Collector<R>): NoPromise;
  onTimer?(timestampMs: number, context: TimerContext<K>, output: Collector<R>): NoPromise;
}

export interface CoMapFunction<A, B, R> extends Lifecycle {
  map1(value: A): R;
  map2(value: B): R;
}

export interface CoFlatMapFunction<A, B, R> extends Lifecycle {
  flatMap1(value: A, output: Collector<R>): NoPromise;
  flatMap2(value: B, output: Collector<R>): NoPromise;
}

export interface CoProcessFunction<A, B, R> extends Lifecycle {
  process1(value: A, context: ProcessContext, output: Collector<R>): NoPromise;
  process2(value: B, context: ProcessContext, output: Collector<R>): NoPromise;
}

export interface KeyedCoProcessFunction<K, A, B, R> extends Lifecycle {
  process1(value: A, context: KeyedProcessContext<K>, output: Collector<R>): NoPromise;
  process2(value: B, context: KeyedProcessContext<K>, output: Collector<R>): NoPromise;
  onTimer?(timestampMs: number, context: TimerContext<K>, output: Collector<R>): NoPromise;
}

/** Broadcast state seen from the side that may write it. */
export interface BroadcastContext extends ProcessContext {
  broadcastState<K, V>(descriptor: BroadcastStateDescriptor<K, V>): BroadcastState<K, V>;
}

/** Broadcast state seen from the side that may only read it, so that all copies stay equal. */
export interface ReadBroadcastContext extends ProcessContext {
  broadcastState<K, V>(descriptor: BroadcastStateDescriptor<K, V>): ReadonlyBroadcastState<K, V>;
}

export interface KeyedReadBroadcastContext<K> extends KeyedProcessContext<K> {
  broadcastState<BK, V>(descriptor: BroadcastStateDescriptor<BK, V>): ReadonlyBroadcastState<BK, V>;
}

export interface BroadcastProcessFunction<T, B, R> extends Lifecycle {
  process(value: T, context: ReadBroadcastContext, output: Collector<R>): NoPromise;
  processBroadcast(value: B, context: BroadcastContext, output: Collector<R>): NoPromise;
}

export interface KeyedBroadcastProcessFunction<K, T, B, R> extends Lifecycle {
  process(value: T, context: KeyedReadBroadcastContext<K>, output: Collector<R>): NoPromise;
  processBroadcast(value: B, context: BroadcastContext, output: Collector<R>): NoPromise;
  onTimer?(timestampMs: number, context: KeyedReadBroadcastContext<K>, output: Collector<R>): NoPromise;
}
