/**
 * What the API's calls leave behind: a graph of *transforms*, plain values that name user functions but run nothing. The
 * folder `graph` turns it into tasks; `transforms` holds the running form (the *processor*) of each kind.
 */
import type { Expression, FusedStep } from '../batch/plan.ts';
import type { AggregateFunction, Aggregates, BuiltInAggregate } from './aggregates.ts';
import type { AsyncSettings } from './async.ts';
import type { Sink, Source } from './connectors.ts';
import type * as functions from './functions.ts';
import type { IntervalJoinSettings, LookupSettings } from './joins.ts';
import type { OutputTag } from './output-tag.ts';
import type { Evictor, TriggerSpec } from './triggers.ts';
import type { WatermarkSettings } from './watermarks.ts';
import type { TimeWindow, WindowAssigner } from './windows.ts';

/** How the key of a record is found. Deterministic: a receiver on another thread computes it again. */
export type KeySelector =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'fields'; readonly names: readonly string[] }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'function'; readonly function: (value: unknown) => unknown };

/** How the records of an edge find their subtask. */
export type Partitioning =
  /** Stays in the slot; sender and receiver may be chained. */
  | { readonly kind: 'forward' }
  | { readonly kind: 'hash'; readonly key: KeySelector }
  | { readonly kind: 'rebalance' | 'rescale' | 'broadcast' | 'global' }
  | { readonly kind: 'custom'; readonly choose: (value: unknown, parallelism: number) => number };

export interface InputEdge {
  readonly from: TransformNode;
  /** The side output that is read; absent = the main output. */
  readonly output?: string | undefined;
  readonly partitioning: Partitioning;
}

/** What a window does with the records of a pane. */
export interface WindowFunction<K, T, R> extends functions.Lifecycle {
  process(
    values: readonly T[],
    context: WindowContext<K>,
    output: functions.Collector<R>,
  ): functions.NoPromise;
}

/** What a window function sees. `windowState` belongs to this window, `globalState` to the key over all windows. */
export interface WindowContext<K> {
  readonly key: K;
  readonly window: TimeWindow;
  readonly watermarkMs: number;
  readonly processingTimeMs: number;
  emitTo<S>(tag: OutputTag<S>, value: S): void;
  readonly windowState: import('./state.ts').StateAccess;
  readonly globalState: import('./state.ts').StateAccess;
}

export type WindowAggregation =
  /** Built-in aggregates by name; result `{key, windowStart, windowEnd, …names}`. */
  | {
      readonly kind: 'builtIn';
      readonly aggregates: Readonly<Record<string, BuiltInAggregate<never, unknown>>>;
    }
  | { readonly kind: 'reduce'; readonly reduce: (left: unknown, right: unknown) => unknown }
  | { readonly kind: 'aggregate'; readonly aggregate: AggregateFunction<unknown, unknown, unknown> }
  /** Keeps all records of the window for the window function. */
  | { readonly kind: 'collect' };

export interface WindowSettings {
  readonly assigner: WindowAssigner;
  readonly trigger?: TriggerSpec | undefined;
  readonly evictor?: Evictor<unknown> | undefined;
  readonly allowedLatenessMs: number;
  readonly lateOutput?: string | undefined;
  readonly aggregation: WindowAggregation;
  /** Sees the result of the aggregation (one value), or all records for `collect`. Absent = results go out as they are. */
  readonly function?: WindowFunction<unknown, unknown, unknown> | undefined;
  /** False for windowAll: one window for all records, in one subtask. */
  readonly keyed: boolean;
}

export interface WindowJoinSettings {
  readonly assigner: WindowAssigner;
  readonly trigger?: TriggerSpec | undefined;
  readonly evictor?: Evictor<unknown> | undefined;
  readonly allowedLatenessMs: number;
  readonly lateOutput?: string | undefined;
  /** `join`: called for each pair. `coGroup`: called once a window with both sides. */
  readonly join?: ((left: unknown, right: unknown) => unknown) | undefined;
  readonly coGroup?:
    | ((
        left: readonly unknown[],
        right: readonly unknown[],
        output: functions.Collector<unknown>,
      ) => functions.NoPromise)
    | undefined;
}

export type TransformSpec =
  | { readonly kind: 'source'; readonly source: Source<unknown>; readonly watermarks: WatermarkSettings }
  /** map, filter, flatMap, expressions: steps that fuse into one loop. */
  | { readonly kind: 'fused'; readonly step: FusedStep; readonly lifecycle?: functions.Lifecycle | undefined }
  | { readonly kind: 'watermarks'; readonly watermarks: WatermarkSettings }
  | { readonly kind: 'process'; readonly function: functions.ProcessFunction<unknown, unknown> }
  | {
      readonly kind: 'keyedProcess';
      readonly function: functions.KeyedProcessFunction<unknown, unknown, unknown>;
    }
  | { readonly kind: 'reduce'; readonly function: functions.ReduceFunction<unknown> }
  | { readonly kind: 'aggregate'; readonly aggregates: Aggregates<never> }
  | { readonly kind: 'window'; readonly window: WindowSettings }
  /**
   * The first phase of a windowed aggregation, before the exchange; put in by the planner. `key` is absent for windows without
   * keys. `crossesSlots`: there is more than one slot before or behind the exchange.
   */
  | {
      readonly kind: 'partialWindow';
      readonly window: WindowSettings;
      readonly key: KeySelector | undefined;
      readonly crossesSlots: boolean;
    }
  | { readonly kind: 'coMap'; readonly function: functions.CoMapFunction<unknown, unknown, unknown> }
  | { readonly kind: 'coFlatMap'; readonly function: functions.CoFlatMapFunction<unknown, unknown, unknown> }
  | { readonly kind: 'coProcess'; readonly function: functions.CoProcessFunction<unknown, unknown, unknown> }
  | {
      readonly kind: 'keyedCoProcess';
      readonly function: functions.KeyedCoProcessFunction<unknown, unknown, unknown, unknown>;
    }
  | {
      readonly kind: 'broadcast';
      readonly function: functions.BroadcastProcessFunction<unknown, unknown, unknown>;
      /** Names of the broadcast states that the function may ask for; absent = any. */
      readonly states?: readonly string[];
    }
  | {
      readonly kind: 'keyedBroadcast';
      readonly function: functions.KeyedBroadcastProcessFunction<unknown, unknown, unknown, unknown>;
      readonly states?: readonly string[];
    }
  | { readonly kind: 'windowJoin'; readonly join: WindowJoinSettings }
  | { readonly kind: 'intervalJoin'; readonly join: IntervalJoinSettings }
  | { readonly kind: 'lookup'; readonly lookup: LookupSettings }
  | { readonly kind: 'async'; readonly async: AsyncSettings }
  | { readonly kind: 'sink'; readonly sink: Sink<unknown> };

/** May a transform run in one task with its input (`always`), only start a task (`head`), or stand alone (`never`)? */
export type Chaining = 'always' | 'head' | 'never';

/** One node. Built by the API, complete once the job's function has returned. */
export interface TransformNode {
  /** Number in the order of the calls, from 0. */
  readonly id: number;
  readonly spec: TransformSpec;
  /** One list of edges an input port; several edges at a port are a union. */
  readonly inputs: readonly (readonly InputEdge[])[];
  name: string;
  /** Given by the author; names state in snapshots. Defaults to the given name. */
  uid: string | undefined;
  /** Whether name or uid was given by the author. */
  named: boolean;
  parallelism: number | undefined;
  chaining: Chaining;
}
