import { type AggregateResults, type Aggregates, checkAggregates } from './aggregates.ts';
import { BroadcastStream } from './broadcast-stream.ts';
import {
  ConnectedStreams,
  KeyedBroadcastConnectedStreams,
  KeyedConnectedStreams,
} from './connected-streams.ts';
import { DataStream } from './data-stream.ts';
import type * as functions from './functions.ts';
import { IntervalJoin } from './interval-join.ts';
import { type Recorder, sameJob } from './recorder.ts';
import type { InputEdge, KeySelector } from './transform.ts';
import { WindowedStream } from './windowed-stream.ts';
import { countWindow, type WindowAssigner } from './windows.ts';

/** A running result of built-in aggregates: the key and a field for each. */
export type RunningResult<K, S> = { readonly key: K } & AggregateResults<S>;

/** A stream grouped by key: all records of a key go to one subtask, where the key has state and timers of its own. */
export class KeyedStream<K, T> extends DataStream<T> {
  /** Only for the compiler. */
  readonly keyType?: K;
  /** For the runtime: how the key is found. */
  readonly key: KeySelector;

  constructor(recorder: Recorder, edges: readonly InputEdge[], key: KeySelector) {
    super(recorder, edges);
    this.key = key;
  }

  /** A function with keyed state and timers. */
  override process<R>(process: functions.KeyedProcessFunction<K, T, R>): DataStream<R> {
    return this.recorder.transform(
      {
        kind: 'keyedProcess',
        function: process as functions.KeyedProcessFunction<unknown, unknown, unknown>,
      },
      [this.edges],
      'keyedProcess',
    );
  }

  /** Combines the records of each key, and gives the result so far for every record. */
  reduce(reduce: functions.ReduceFunction<T>): DataStream<T> {
    return this.recorder.transform(
      { kind: 'reduce', function: reduce as functions.ReduceFunction<unknown> },
      [this.edges],
      'reduce',
    );
  }

  /** Built-in aggregates of each key, given as they are so far for every record: `aggregate({ total: sum('price') })`. */
  aggregate<const S extends Aggregates<T>>(aggregates: S): DataStream<RunningResult<K, S>> {
    return this.recorder.transform(
      { kind: 'aggregate', aggregates: checkAggregates(aggregates) },
      [this.edges],
      'aggregate',
    );
  }

  /** Groups the records of each key into windows. */
  window(assigner: WindowAssigner): WindowedStream<K, T> {
    return new WindowedStream(this.recorder, this.edges, { assigner, keyed: true });
  }

  /** Windows of the last `size` records of a key, every `slide` records; without a slide they do not overlap. */
  countWindow(size: number, slide: number = size): WindowedStream<K, T> {
    return this.window(countWindow(size, slide));
  }

  /** Puts two streams in front of one function; two keyed ones share keyed state and timers. */
  override connect<B>(other: BroadcastStream<B>): KeyedBroadcastConnectedStreams<K, T, B>;
  override connect<B>(other: KeyedStream<K, B>): KeyedConnectedStreams<K, T, B>;
  override connect<B>(other: DataStream<B>): ConnectedStreams<T, B>;
  override connect<B>(
    other: DataStream<B> | BroadcastStream<B>,
  ): ConnectedStreams<T, B> | KeyedBroadcastConnectedStreams<K, T, B> {
    sameJob(this, other);
    if (other instanceof BroadcastStream) {
      return new KeyedBroadcastConnectedStreams(this.recorder, this.edges, other);
    }
    return other instanceof KeyedStream
      ? new KeyedConnectedStreams(this.recorder, this.edges, other.edges)
      : new ConnectedStreams(this.recorder, this.edges, other.edges);
  }

  /** Joins with the records of another stream that have the same key and are near in event time. */
  intervalJoin<B>(other: KeyedStream<K, B>): IntervalJoin<T, B> {
    sameJob(this, other);
    return new IntervalJoin(this.recorder, this.edges, other.edges);
  }
}
