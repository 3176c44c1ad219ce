import {
  type AggregateFunction,
  type AggregateResults,
  type Aggregates,
  checkAggregates,
} from './aggregates.ts';
import type { DataStream } from './data-stream.ts';
import { type Duration, durationMs } from './duration.ts';
import type { Collector, Combine, NoPromise } from './functions.ts';
import type { OutputTag } from './output-tag.ts';
import type { Recorder } from './recorder.ts';
import type {
  InputEdge,
  WindowAggregation,
  WindowContext,
  WindowFunction,
  WindowSettings,
} from './transform.ts';
import type { Evictor, TriggerSpec } from './triggers.ts';
import { checkLateness } from './window-checks.ts';

/** Windows over all records have no key, and their results no field for it. */
type KeyField<K> = [K] extends [undefined] ? unknown : { readonly key: K };
/** The result of built-in aggregates over a window: its key and bounds (ms since the epoch), and a field for each. */
export type WindowResult<K, S> = KeyField<K> & {
  readonly windowStart: number;
  readonly windowEnd: number;
} & AggregateResults<S>;

/** A window function, as an object with a life or as a plain function. */
export type WindowCall<K, T, R> =
  | WindowFunction<K, T, R>
  | ((values: readonly T[], context: WindowContext<K>, output: Collector<R>) => NoPromise);

type Given = Partial<WindowSettings> & Pick<WindowSettings, 'assigner' | 'keyed'>;

/** Records in windows: say when windows fire and what is late, then what to make of each window. */
export class WindowedStream<K, T> {
  private readonly recorder: Recorder;
  private readonly edges: readonly InputEdge[];
  private readonly given: Given;

  constructor(recorder: Recorder, edges: readonly InputEdge[], given: Given) {
    this.recorder = recorder;
    this.edges = edges;
    this.given = given;
  }

  /** When windows fire; by default at their end, count windows when full, the global window never. */
  trigger(trigger: TriggerSpec): WindowedStream<K, T> {
    return this.with({ trigger });
  }

  /** Leaves records out of a window before its function, or after. Windows then keep all their records. */
  evictor(evictor: Evictor<T>): WindowedStream<K, T> {
    return this.with({ evictor: evictor as Evictor<unknown> });
  }

  /** Keeps windows for this long after the watermark has passed them, and fires again for records that come then. */
  allowedLateness(lateness: Duration): WindowedStream<K, T> {
    checkLateness(this.given.assigner, 'allowedLateness');
    return this.with({ allowedLatenessMs: durationMs(lateness, 'allowed lateness') });
  }

  /** Sends records that are too late to a side output; without one they are counted and dropped. */
  lateOutput(tag: OutputTag<T>): WindowedStream<K, T> {
    checkLateness(this.given.assigner, 'lateOutput');
    return this.with({ lateOutput: tag.name });
  }

  /** Combines the records of a window two by two. The window function, if any, sees the one result. */
  reduce(reduce: Combine<T>): DataStream<T>;
  reduce<R>(reduce: Combine<T>, windowFunction: WindowCall<K, T, R>): DataStream<R>;
  reduce<R>(reduce: Combine<T>, windowFunction?: WindowCall<K, T, R>): DataStream<R> {
    const call = reduce as (left: unknown, right: unknown) => unknown;
    return this.record({ kind: 'reduce', reduce: call }, windowFunction);
  }

  /**
   * Folds the records of a window, by an aggregate of your own or by built-in ones:
   * `aggregate({ bids: count(), revenue: sum('price') })`. The window function, if any, sees the one result.
   */
  aggregate<const S extends Aggregates<T>>(aggregates: S): DataStream<WindowResult<K, S>>;
  aggregate<const S extends Aggregates<T>, R>(
    aggregates: S,
    windowFunction: WindowCall<K, WindowResult<K, S>, R>,
  ): DataStream<R>;
  aggregate<A, R>(aggregate: AggregateFunction<T, A, R>): DataStream<R>;
  aggregate<A, V, R>(
    aggregate: AggregateFunction<T, A, V>,
    windowFunction: WindowCall<K, V, R>,
  ): DataStream<R>;
  aggregate<A, V, R>(
    aggregate: AggregateFunction<T, A, V> | Aggregates<T>,
    windowFunction?: WindowCall<K, V, R>,
  ): DataStream<R> {
    return this.record(
      isAggregateFunction(aggregate)
        ? { kind: 'aggregate', aggregate: aggregate as AggregateFunction<unknown, unknown, unknown> }
        : { kind: 'builtIn', aggregates: checkAggregates(aggregate) },
      windowFunction,
    );
  }

  /** Keeps all records of a window and gives them to the function when it fires. */
  process<R>(windowFunction: WindowCall<K, T, R>): DataStream<R> {
    return this.record({ kind: 'collect' }, windowFunction);
  }

  private with(settings: Partial<WindowSettings>): WindowedStream<K, T> {
    return new WindowedStream(this.recorder, this.edges, { ...this.given, ...settings });
  }

  private record<V, R>(aggregation: WindowAggregation, call: WindowCall<K, V, R> | undefined): DataStream<R> {
    const process = (typeof call === 'function' ? { process: call } : call) as WindowSettings['function'];
    const window: WindowSettings = { allowedLatenessMs: 0, ...this.given, aggregation, function: process };
    return this.recorder.transform(
      { kind: 'window', window },
      [this.edges],
      window.keyed ? 'window' : 'windowAll',
    );
  }
}

const isAggregateFunction = <T, A, V>(
  given: AggregateFunction<T, A, V> | Aggregates<T>,
): given is AggregateFunction<T, A, V> => typeof given['create'] === 'function';
