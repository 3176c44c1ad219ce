/** Joins of two streams by key and window: `a.join(b).where('id').equalTo('orderId').window(tumbling('1m')).apply(…)`. */
import type { DataStream } from './data-stream.ts';
import { type Duration, durationMs } from './duration.ts';
import type { Expr } from './expressions.ts';
import type { Collector, NoPromise, Synchronous } from './functions.ts';
import { type KeyFunction, keySelector } from './key-selector.ts';
import type { OutputTag } from './output-tag.ts';
import type { Recorder } from './recorder.ts';
import type { InputEdge, KeySelector, WindowJoinSettings } from './transform.ts';
import type { Evictor, TriggerSpec } from './triggers.ts';
import { checkLateness, checkPairable } from './window-checks.ts';
import type { WindowAssigner } from './windows.ts';

type Edges = readonly InputEdge[];
/** The inputs of a join: left and right, by key. */
export type Pair = readonly [Edges, Edges];
type Build<Windowed> = (pair: Pair, assigner: WindowAssigner) => Windowed;

const keyedBy = (edges: Edges, key: KeySelector): Edges =>
  edges.map((edge) => ({ ...edge, partitioning: { kind: 'hash', key } }));

/** Two streams to be joined: say the key of the left with `where`. */
export class JoinedStreams<A, B, Windowed> {
  private readonly left: Edges;
  private readonly right: Edges;
  private readonly build: Build<Windowed>;

  constructor(left: Edges, right: Edges, build: Build<Windowed>) {
    this.left = left;
    this.right = right;
    this.build = build;
  }

  /** The key of a left record: a field, an expression or a function. */
  where<F extends keyof A & string>(field: F): JoinWhere<A[F], B, Windowed>;
  where<K>(key: Expr<K, keyof A & string> | ((value: A) => Synchronous<K>)): JoinWhere<K, B, Windowed>;
  where<K>(key: string | Expr | ((value: A) => unknown)): JoinWhere<K, B, Windowed> {
    return new JoinWhere(keyedBy(this.left, keySelector([key])), this.right, this.build);
  }
}

/** The left key is known: say the key of the right with `equalTo`. */
export class JoinWhere<K, B, Windowed> {
  /** Only for the compiler. */
  readonly keyType?: K;
  private readonly left: Edges;
  private readonly right: Edges;
  private readonly build: Build<Windowed>;

  constructor(left: Edges, right: Edges, build: Build<Windowed>) {
    this.left = left;
    this.right = right;
    this.build = build;
  }

  /** The key of a right record: a field, an expression or a function, of the same type as the left one. */
  equalTo<F extends keyof B & string>(this: JoinWhere<B[F], B, Windowed>, field: F): JoinEqualTo<Windowed>;
  equalTo(key: Expr<K, keyof B & string> | KeyFunction<B, K>): JoinEqualTo<Windowed>;
  equalTo(key: string | Expr | KeyFunction<B, K>): JoinEqualTo<Windowed> {
    return new JoinEqualTo([this.left, keyedBy(this.right, keySelector([key]))], this.build);
  }
}

/** Both keys are known: say the window. */
export class JoinEqualTo<Windowed> {
  private readonly pair: Pair;
  private readonly build: Build<Windowed>;

  constructor(pair: Pair, build: Build<Windowed>) {
    this.pair = pair;
    this.build = build;
  }

  /** @throws MillraceError job-invalid for count windows: the sides have no common count. */
  window(assigner: WindowAssigner): Windowed {
    checkPairable(assigner);
    return this.build(this.pair, assigner);
  }
}

/** Settings that may still be given before `apply`. */
export type PairSettings = Partial<WindowJoinSettings> & { readonly assigner: WindowAssigner };

abstract class WindowedPair<A, B> {
  protected readonly recorder: Recorder;
  protected readonly pair: Pair;
  protected readonly settings: PairSettings;

  constructor(recorder: Recorder, pair: Pair, settings: PairSettings) {
    this.recorder = recorder;
    this.pair = pair;
    this.settings = settings;
  }

  trigger(trigger: TriggerSpec): this {
    return this.with({ trigger });
  }

  evictor(evictor: Evictor<A | B>): this {
    return this.with({ evictor: evictor as Evictor<unknown> });
  }

  /** Keeps windows for this long after the watermark has passed them, and fires again for records that come then. */
  allowedLateness(lateness: Duration): this {
    checkLateness(this.settings.assigner, 'allowedLateness');
    return this.with({ allowedLatenessMs: durationMs(lateness, 'allowed lateness') });
  }

  /** Sends records that are too late to a side output; without one they are counted and dropped. */
  lateOutput(tag: OutputTag<A | B>): this {
    checkLateness(this.settings.assigner, 'lateOutput');
    return this.with({ lateOutput: tag.name });
  }

  protected abstract with(settings: Partial<WindowJoinSettings>): this;

  protected record<R>(what: Partial<WindowJoinSettings>, label: string): DataStream<R> {
    const join: WindowJoinSettings = { allowedLatenessMs: 0, ...this.settings, ...what };
    return this.recorder.transform({ kind: 'windowJoin', join }, this.pair, label);
  }
}

/** A join with its window: say what to make of each pair. */
export class WindowedJoin<A, B> extends WindowedPair<A, B> {
  /** Calls the function for each pair of records with equal keys in a window. */
  apply<R>(join: (left: A, right: B) => Synchronous<R>): DataStream<R> {
    return this.record({ join: join as (left: unknown, right: unknown) => unknown }, 'join');
  }

  protected override with(settings: Partial<WindowJoinSettings>): this {
    return new WindowedJoin<A, B>(this.recorder, this.pair, { ...this.settings, ...settings }) as this;
  }
}

/** A coGroup with its window: say what to make of both sides. */
export class WindowedCoGroup<A, B> extends WindowedPair<A, B> {
  /** Calls the function once for each key and window, with all records of both sides. */
  apply<R>(
    coGroup: (left: readonly A[], right: readonly B[], output: Collector<R>) => NoPromise,
  ): DataStream<R> {
    return this.record({ coGroup: coGroup as NonNullable<WindowJoinSettings['coGroup']> }, 'coGroup');
  }

  protected override with(settings: Partial<WindowJoinSettings>): this {
    return new WindowedCoGroup<A, B>(this.recorder, this.pair, { ...this.settings, ...settings }) as this;
  }
}
