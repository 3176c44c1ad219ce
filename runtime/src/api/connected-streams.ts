/** Two streams in front of one function that has a method for each of them. */
import type { BroadcastStream } from './broadcast-stream.ts';
import type { DataStream } from './data-stream.ts';
import type * as functions from './functions.ts';
import { type KeyOf, keySelector } from './key-selector.ts';
import type { Recorder } from './recorder.ts';
import type { InputEdge } from './transform.ts';

type Edges = readonly InputEdge[];

const keyedBy = (edges: Edges, key: Parameters<typeof keySelector>[0][number]): Edges => {
  const selector = keySelector([key]);
  return edges.map((edge) => ({ ...edge, partitioning: { kind: 'hash', key: selector } }));
};

/** Two streams without a common key. */
export class ConnectedStreams<A, B> {
  protected readonly recorder: Recorder;
  protected readonly inputs: readonly [Edges, Edges];

  constructor(recorder: Recorder, first: Edges, second: Edges) {
    this.recorder = recorder;
    this.inputs = [first, second];
  }

  /** One result for each record of either side. */
  map<R>(map: functions.CoMapFunction<A, B, functions.Synchronous<R>>): DataStream<R> {
    const spec = {
      kind: 'coMap',
      function: map as functions.CoMapFunction<unknown, unknown, unknown>,
    } as const;
    return this.recorder.transform(spec, this.inputs, 'coMap');
  }

  flatMap<R>(flatMap: functions.CoFlatMapFunction<A, B, R>): DataStream<R> {
    return this.recorder.transform({ kind: 'coFlatMap', function: flatMap }, this.inputs, 'coFlatMap');
  }

  process<R>(process: functions.CoProcessFunction<A, B, R>): DataStream<R> {
    return this.recorder.transform({ kind: 'coProcess', function: process }, this.inputs, 'coProcess');
  }

  /** Brings records with equal keys of both sides together. */
  keyBy<K>(first: KeyOf<A, K>, second: KeyOf<B, K>): KeyedConnectedStreams<K, A, B> {
    const [left, right] = this.inputs;
    return new KeyedConnectedStreams(this.recorder, keyedBy(left, first), keyedBy(right, second));
  }
}

/** Two streams with the same kind of key: records with equal keys of both sides share state. */
export class KeyedConnectedStreams<K, A, B> extends ConnectedStreams<A, B> {
  /** Only for the compiler. */
  readonly keyType?: K;

  /** A function with keyed state and timers that both sides share. */
  override process<R>(process: functions.KeyedCoProcessFunction<K, A, B, R>): DataStream<R> {
    const keyed = process as functions.KeyedCoProcessFunction<unknown, unknown, unknown, unknown>;
    return this.recorder.transform(
      { kind: 'keyedCoProcess', function: keyed },
      this.inputs,
      'keyedCoProcess',
    );
  }
}

/** A stream beside a broadcast one: rules, prices, models that every subtask must know. */
export class BroadcastConnectedStreams<T, B> {
  protected readonly recorder: Recorder;
  protected readonly inputs: readonly [Edges, Edges];
  protected readonly states: readonly string[];

  constructor(recorder: Recorder, edges: Edges, broadcast: BroadcastStream<B>) {
    this.recorder = recorder;
    this.inputs = [edges, broadcast.edges];
    this.states = broadcast.states;
  }

  /** The function reads broadcast state for each record of the stream, and writes it for each broadcast one. */
  process<R>(process: functions.BroadcastProcessFunction<T, B, R>): DataStream<R> {
    return this.recorder.transform(
      { kind: 'broadcast', function: process, states: this.states },
      this.inputs,
      'broadcastProcess',
    );
  }
}

/** A keyed stream beside a broadcast one: the function also has keyed state and timers. */
export class KeyedBroadcastConnectedStreams<K, T, B> extends BroadcastConnectedStreams<T, B> {
  override process<R>(process: functions.KeyedBroadcastProcessFunction<K, T, B, R>): DataStream<R> {
    const keyed = process as functions.KeyedBroadcastProcessFunction<unknown, unknown, unknown, unknown>;
    return this.recorder.transform(
      { kind: 'keyedBroadcast', function: keyed, states: this.states },
      this.inputs,
      'keyedBroadcastProcess',
    );
  }
}
