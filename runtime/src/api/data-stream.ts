/**
 * A *stream* is a view on the records that a transform gives out. Its methods run nothing: each records a transform and gives
 * the stream of its results. `DataStream` is the plain one; `keyBy` leads to `KeyedStream`, windows to `WindowedStream`.
 */
import type { FlatMapAsync, Lookup, MapAsync } from './async-specs.ts';
import { flatMapAsyncSettings, lookupSettings, mapAsyncSettings } from './async-specs.ts';
import { BroadcastStream } from './broadcast-stream.ts';
import { BroadcastConnectedStreams, ConnectedStreams } from './connected-streams.ts';
import type { Sink } from './connectors.ts';
import { type Column, type Columns, columns, type Expr, type Selected } from './expressions.ts';
import type * as functions from './functions.ts';
import { filterSpec, flatMapSpec, mapSpec } from './fused-specs.ts';
import { jobInvalid, requireConnector } from './job-invalid.ts';
import { JoinedStreams, WindowedCoGroup, WindowedJoin } from './joined-streams.ts';
import { type KeyFunction, keySelector } from './key-selector.ts';
import type { KeyedStream } from './keyed-stream.ts';
import type { OutputTag } from './output-tag.ts';
import { type Recorder, sameJob } from './recorder.ts';
import { type SelectedFields, selectedFields } from './selected-fields.ts';
import { checkTag } from './side-outputs.ts';
import type { BroadcastStateDescriptor } from './state.ts';
import { StreamSink } from './stream-sink.ts';
import type { InputEdge, Partitioning, TransformNode } from './transform.ts';
import { TransformHandle } from './transform-handle.ts';
import type { WatermarkStrategy } from './watermarks.ts';
import { WindowedStream } from './windowed-stream.ts';
import type { WindowAssigner } from './windows.ts';

type AnyBroadcastState = BroadcastStateDescriptor<unknown, unknown>;

export class DataStream<out T> extends TransformHandle {
  /** Only for the compiler. */
  readonly recordType?: T;
  /** For the runtime: where the records come from; several edges are a union. */
  readonly edges: readonly InputEdge[];

  constructor(recorder: Recorder, edges: readonly InputEdge[], made?: TransformNode) {
    super(recorder, made);
    this.edges = edges;
  }

  /** One result for each record. */
  map<R>(map: functions.MapFunction<T, functions.Synchronous<R>>): DataStream<R> {
    return this.recorder.transform(mapSpec(map), [this.edges], 'map');
  }

  /** Keeps the records for which the function says true; a type guard narrows the stream's type. */
  filter<S extends T>(filter: (value: T) => value is S): DataStream<S>;
  filter(filter: functions.FilterFunction<T>): DataStream<T>;
  filter(filter: functions.FilterFunction<T>): DataStream<T> {
    return this.recorder.transform(filterSpec(filter), [this.edges], 'filter');
  }

  /** Any number of results for each record: `flatMap<string>((line, output) => …)`. */
  flatMap<R>(flatMap: functions.FlatMapFunction<T, R>): DataStream<R> {
    return this.recorder.transform(flatMapSpec(flatMap), [this.edges], 'flatMap');
  }

  /** Keeps the records for which the expression is true. */
  where(
    condition: Expr<boolean, keyof T & string> | ((row: Columns<T>) => Expr<boolean, keyof T & string>),
  ): DataStream<T> {
    const { expression } = typeof condition === 'function' ? condition(columns<T>()) : condition;
    return this.recorder.transform(
      { kind: 'fused', step: { kind: 'filterExpression', expression } },
      [this.edges],
      'where',
    );
  }

  /** Makes records of the named fields, or of expressions: `select((bid) => ({ auction: bid.auction, euros: bid.price.mul(0.908) }))`. */
  select<F extends keyof T & string>(...names: readonly F[]): DataStream<Pick<T, F>>;
  select<const S extends SelectedFields<T>>(fields: S | ((row: Columns<T>) => S)): DataStream<Selected<T, S>>;
  select<R>(
    ...given: readonly (string | SelectedFields<T> | ((row: Columns<T>) => SelectedFields<T>))[]
  ): DataStream<R> {
    const fields = selectedFields(given);
    return this.recorder.transform(
      { kind: 'fused', step: { kind: 'project', fields } },
      [this.edges],
      'select',
    );
  }

  /** Groups records by key: a field, several fields (the key is their tuple), an expression or a function. */
  keyBy<F extends keyof T & string>(field: F | Column<F, never>): KeyedStream<T[F], T>;
  keyBy<const F extends readonly [keyof T & string, keyof T & string, ...(keyof T & string)[]]>(
    ...fields: F
  ): KeyedStream<{ readonly [I in keyof F]: T[F[I]] }, T>;
  keyBy<const K>(
    key: Expr<K, keyof T & string> | ((value: T) => functions.Synchronous<K>),
  ): KeyedStream<K, T>;
  keyBy<K>(...keys: readonly (string | Expr | ((value: T) => unknown))[]): KeyedStream<K, T> {
    const key = keySelector(keys);
    return this.recorder.keyed(repartitioned(this.edges, { kind: 'hash', key }), key);
  }

  /** The records of this stream and of others, in no order between them. */
  union<U = T>(...others: readonly DataStream<U>[]): DataStream<T | U> {
    for (const other of others) sameJob(this, other);
    return this.recorder.stream([...this.edges, ...others.flatMap((other) => other.edges)]);
  }

  /** Puts two streams in front of one function that has a method for each; or this one beside a broadcast one. */
  connect<B>(other: BroadcastStream<B>): BroadcastConnectedStreams<T, B>;
  connect<B>(other: DataStream<B>): ConnectedStreams<T, B>;
  connect<B>(
    other: DataStream<B> | BroadcastStream<B>,
  ): ConnectedStreams<T, B> | BroadcastConnectedStreams<T, B> {
    sameJob(this, other);
    return other instanceof BroadcastStream
      ? new BroadcastConnectedStreams(this.recorder, this.edges, other)
      : new ConnectedStreams(this.recorder, this.edges, other.edges);
  }

  /** A function that also sees event time, the watermark and side outputs. */
  process<R>(process: functions.ProcessFunction<T, R>): DataStream<R> {
    return this.recorder.transform({ kind: 'process', function: process }, [this.edges], 'process');
  }

  /** Calls something slow for each record: one result each. */
  mapAsync<R>(settings: MapAsync<T, R>): DataStream<R> {
    return this.recorder.transform(
      { kind: 'async', async: mapAsyncSettings(settings) },
      [this.edges],
      'mapAsync',
    );
  }

  /** Calls something slow for each record: any number of results each. */
  flatMapAsync<R>(settings: FlatMapAsync<T, R>): DataStream<R> {
    return this.recorder.transform(
      { kind: 'async', async: flatMapAsyncSettings(settings) },
      [this.edges],
      'flatMapAsync',
    );
  }

  /** Enriches records from outside by key, with a cache. After a keyBy each key is cached in one subtask only. */
  lookup<F extends keyof T & string, V, R>(settings: Lookup<T, F, T[F], V, R>): DataStream<R>;
  lookup<K, V, R>(settings: Lookup<T, KeyFunction<T, K>, K, V, R>): DataStream<R>;
  lookup<K, V, R>(settings: Lookup<T, string | KeyFunction<T, K>, K, V, R>): DataStream<R> {
    return this.recorder.transform(
      { kind: 'lookup', lookup: lookupSettings(settings) },
      [this.edges],
      'lookup',
    );
  }

  /** Gives records timestamps and makes watermarks, from here on. Best done by the source, which knows its splits. */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): DataStream<T> {
    const watermarks = strategy.settings;
    if (watermarks.alignment !== undefined) {
      throw jobInvalid(
        'Only a source can be aligned with others: it alone can be made to wait.',
        'Give the strategy with withAlignment to fromSource.',
      );
    }
    return this.recorder.transform({ kind: 'watermarks', watermarks }, [this.edges], 'watermarks');
  }

  /** Windows over all records, in one subtask. */
  windowAll(assigner: WindowAssigner): WindowedStream<undefined, T> {
    const edges = repartitioned(this.edges, { kind: 'global' });
    return new WindowedStream(this.recorder, edges, { assigner, keyed: false });
  }

  /** Pairs the records of two streams that have equal keys and share a window. */
  join<B>(other: DataStream<B>): JoinedStreams<T, B, WindowedJoin<T, B>> {
    sameJob(this, other);
    return new JoinedStreams(
      this.edges,
      other.edges,
      (pair, assigner) => new WindowedJoin(this.recorder, pair, { assigner }),
    );
  }

  /** As `join`, but the function sees all records of both sides of a key and window at once, also when one side is empty. */
  coGroup<B>(other: DataStream<B>): JoinedStreams<T, B, WindowedCoGroup<T, B>> {
    sameJob(this, other);
    return new JoinedStreams(
      this.edges,
      other.edges,
      (pair, assigner) => new WindowedCoGroup(this.recorder, pair, { assigner }),
    );
  }

  /**
   * The records that the transform just made sends to a side output.
   * @throws MillraceError job-invalid when it never sends any there.
   */
  sideOutput<S>(tag: OutputTag<S>): DataStream<S> {
    const from = checkTag(this.made, tag.name);
    return this.recorder.stream([{ from, output: tag.name, partitioning: { kind: 'forward' } }]);
  }

  /** Deals records out evenly over all subtasks. */
  rebalance(): DataStream<T> {
    return this.partitioned({ kind: 'rebalance' });
  }

  /** Deals records out evenly, to near subtasks where there are several. */
  rescale(): DataStream<T> {
    return this.partitioned({ kind: 'rescale' });
  }

  /** Sends every record to all subtasks; with state descriptors, for the broadcast state pattern. */
  broadcast(): DataStream<T>;
  broadcast(state: AnyBroadcastState, ...more: readonly AnyBroadcastState[]): BroadcastStream<T>;
  broadcast(...states: readonly AnyBroadcastState[]): DataStream<T> | BroadcastStream<T> {
    if (states.length === 0) return this.partitioned({ kind: 'broadcast' });
    return new BroadcastStream(this.recorder, repartitioned(this.edges, { kind: 'broadcast' }), states);
  }

  /** Sends all records to the first subtask. */
  global(): DataStream<T> {
    return this.partitioned({ kind: 'global' });
  }

  /** Chooses the subtask of each record: a whole number from 0 up to parallelism − 1. */
  partitionCustom(choose: (value: T, parallelism: number) => number): DataStream<T> {
    return this.partitioned({
      kind: 'custom',
      choose: choose as (value: unknown, parallelism: number) => number,
    });
  }

  /** Ends the stream in a sink. */
  sinkTo(sink: Sink<T>): StreamSink {
    requireConnector(sink, 'sink');
    const node = this.recorder.add({ kind: 'sink', sink: sink as Sink<unknown> }, [this.edges], sink.kind);
    return new StreamSink(this.recorder, node);
  }

  private partitioned(partitioning: Partitioning): DataStream<T> {
    return this.recorder.stream(repartitioned(this.edges, partitioning));
  }
}

const repartitioned = (edges: readonly InputEdge[], partitioning: Partitioning): readonly InputEdge[] =>
  edges.map((edge) => ({ ...edge, partitioning }));
