/**
 * `millrace` is for streaming jobs in TypeScript.
 *
 * A *job* is a module whose default export describes a graph. It is called once in every slot and runs nothing itself:
 *
 * ```ts
 * import { boundedOutOfOrderness, count, type Job, sum, tumbling } from 'millrace';
 * import { collection } from 'millrace/connectors/collection';
 * import { print } from 'millrace/connectors/print';
 *
 * const orders = [
 *   { city: 'Kyiv', price: 10, time: 1_000 },
 *   { city: 'Oslo', price: 20, time: 2_000 },
 *   { city: 'Kyiv', price: 30, time: 61_000 },
 * ];
 *
 * const job: Job = (env) => {
 *   env
 *     .fromSource(collection(orders), boundedOutOfOrderness('5s').withTimestamps('time'))
 *     .keyBy('city')
 *     .window(tumbling('1m'))
 *     .aggregate({ orders: count(), revenue: sum('price') })
 *     .sinkTo(print());
 * };
 * export default job;
 * ```
 *
 * `millrace run job.ts` prints a record for each city and minute: `{ key, windowStart, windowEnd, orders, revenue }`.
 *
 * - A *stream* (`DataStream`) is a view on the records that a *transform* gives out; each method adds a transform. A record
 *   is a plain value (objects, arrays, numbers, text, dates …) and must not be changed once it was emitted.
 * - `keyBy` brings all records of a key into one *subtask*. There, and only there, a key has *state* and *timers*
 *   (`KeyedProcessFunction`), can be reduced and aggregated, and joined with other streams by time.
 * - A record has an *event time*; a *watermark* says how far event time has come. *Windows* collect the records of a key by
 *   event time and fire when the watermark passes their end; records that come later are late (`lateOutput`).
 * - Field names and expressions (`'price'`, `col('price').mul(0.908)`) do what small closures do, but can be planned: the
 *   source then reads only the fields that are named. `millrace graph job.ts` shows what is read, and why.
 * - Functions must not return promises, the compiler refuses it: what must be waited for belongs into `mapAsync`.
 * - A `uid` (or a `name`) names the state of a transform in snapshots: keep it when you change the job.
 */

// Jobs and streams

export { BroadcastStream } from './api/broadcast-stream.ts';
export {
  BroadcastConnectedStreams,
  ConnectedStreams,
  KeyedBroadcastConnectedStreams,
  KeyedConnectedStreams,
} from './api/connected-streams.ts';
export { DataStream } from './api/data-stream.ts';
export {
  createEnvironment,
  type EnvironmentSettings,
  type Job,
  type StreamEnvironment,
} from './api/environment.ts';
export { KeyedStream, type RunningResult } from './api/keyed-stream.ts';
export { type OutputTag, outputTag } from './api/output-tag.ts';
export { StreamSink } from './api/stream-sink.ts';
export { type WindowCall, WindowedStream, type WindowResult } from './api/windowed-stream.ts';

// Functions

export type { AsyncFunction } from './api/async.ts';
export type { AsyncLimits, CallLimits, FlatMapAsync, Lookup, MapAsync, Retry } from './api/async-specs.ts';
export type {
  BroadcastContext,
  BroadcastProcessFunction,
  CoFlatMapFunction,
  Collector,
  CoMapFunction,
  CoProcessFunction,
  FilterFunction,
  FlatMapFunction,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  KeyedProcessContext,
  KeyedProcessFunction,
  KeyedReadBroadcastContext,
  Lifecycle,
  MapFunction,
  NoPromise,
  ProcessContext,
  ProcessFunction,
  ReadBroadcastContext,
  ReduceFunction,
  RuntimeContext,
  Synchronous,
  TimerContext,
  TimerService,
} from './api/functions.ts';
export type { WindowContext, WindowFunction } from './api/transform.ts';

// Expressions

export {
  Column,
  type Columns,
  col,
  columns,
  Expr,
  type FieldOf,
  lit,
  type Selected,
} from './api/expressions.ts';

// Aggregates

export {
  type AggregateFunction,
  type AggregateResults,
  type Aggregates,
  approximateCountDistinct,
  average,
  type BuiltInAggregate,
  collectAll,
  count,
  countDistinct,
  first,
  last,
  maximum,
  minimum,
  quantiles,
  sum,
  topN,
} from './api/aggregates.ts';

// Event time

export { type Duration, durationMs, type SignedDuration } from './api/duration.ts';
export {
  boundedOutOfOrderness,
  customWatermarks,
  ingestionTime,
  monotonousTimestamps,
  noWatermarks,
  type WatermarkGenerator,
  type WatermarkOutput,
  WatermarkStrategy,
} from './api/watermarks.ts';

// Windows, triggers and evictors

export {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countEvictor,
  countTrigger,
  customTrigger,
  deltaEvictor,
  deltaTrigger,
  type Evictor,
  eventTimeTrigger,
  neverTrigger,
  processingTimeTrigger,
  purging,
  type Trigger,
  type TriggerContext,
  type TriggerResult,
  type TriggerSpec,
  timeEvictor,
  type WindowRecord,
} from './api/triggers.ts';
export {
  countWindow,
  cumulative,
  customWindow,
  globalWindow,
  session,
  sliding,
  type TimeDomain,
  type TimeWindow,
  tumbling,
  type WindowAssigner,
  type WindowOptions,
} from './api/windows.ts';

// Joins

export { IntervalJoin, IntervalJoinBetween, type IntervalOptions } from './api/interval-join.ts';
export {
  JoinEqualTo,
  JoinedStreams,
  JoinWhere,
  WindowedCoGroup,
  WindowedJoin,
} from './api/joined-streams.ts';
export type { JoinType } from './api/joins.ts';

// State

export {
  type AggregatingState,
  type AggregatingStateDescriptor,
  aggregatingState,
  type BroadcastState,
  type BroadcastStateDescriptor,
  broadcastState,
  type ListState,
  type ListStateDescriptor,
  listState,
  type MapState,
  type MapStateDescriptor,
  mapState,
  type ReadonlyBroadcastState,
  type ReducingState,
  type ReducingStateDescriptor,
  reducingState,
  type StateAccess,
  type StateOptions,
  type SubtaskListState,
  type TimeToLive,
  type ValueState,
  type ValueStateDescriptor,
  valueState,
} from './api/state.ts';

// Sources and sinks of your own

export type {
  Committer,
  CommitterContext,
  ConnectorContext,
  Delivery,
  EnumeratorContext,
  PollResult,
  Sink,
  SinkWriter,
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitOutput,
  TwoPhaseSink,
  TwoPhaseSinkWriter,
} from './api/connectors.ts';
export { createFixedSplits, type FixedSplitsState } from './api/fixed-splits.ts';
export { type ActiveSplit, createSplitReader, type SplitReaderSettings } from './api/split-reader.ts';
export { Batch } from './batch/batch.ts';
export type { Histogram } from './telemetry/histogram.ts';
export type { Logger } from './telemetry/logger.ts';
export type { Counter, Gauge, MetricGroup } from './telemetry/metrics.ts';

// Errors

export { type ErrorCode, MillraceError } from './contract/errors.ts';
