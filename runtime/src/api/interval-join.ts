import type { DataStream } from './data-stream.ts';
import { type SignedDuration, signedDurationMs } from './duration.ts';
import type { Synchronous } from './functions.ts';
import { jobInvalid } from './job-invalid.ts';
import type { IntervalJoinSettings, JoinType } from './joins.ts';
import type { OutputTag } from './output-tag.ts';
import type { Recorder } from './recorder.ts';
import type { InputEdge } from './transform.ts';

type Edges = readonly InputEdge[];

export interface IntervalOptions<Type extends JoinType> {
  /** Whether a record exactly at a bound belongs to the interval; default true. */
  readonly lowerInclusive?: boolean;
  readonly upperInclusive?: boolean;
  /** Default `inner`; in an outer join the missing side is undefined. */
  readonly type?: Type;
}

/** Two keyed streams to be joined by time: say how far apart records may be. */
export class IntervalJoin<A, B> {
  private readonly recorder: Recorder;
  private readonly inputs: readonly [Edges, Edges];

  constructor(recorder: Recorder, left: Edges, right: Edges) {
    this.recorder = recorder;
    this.inputs = [left, right];
  }

  /**
   * Joins a left record with the right ones whose event time is between left + lower and left + upper.
   * @throws MillraceError job-invalid when no time can be in the interval.
   */
  between<Type extends JoinType = 'inner'>(
    lower: SignedDuration,
    upper: SignedDuration,
    options: IntervalOptions<Type> = {},
  ): IntervalJoinBetween<A, B, Type> {
    const lowerMs = signedDurationMs(lower, 'lower bound');
    const upperMs = signedDurationMs(upper, 'upper bound');
    const lowerInclusive = options.lowerInclusive ?? true;
    const upperInclusive = options.upperInclusive ?? true;
    if (lowerMs > upperMs || (lowerMs === upperMs && !(lowerInclusive && upperInclusive))) {
      throw jobInvalid(
        `No time is between the bounds ${lowerMs} ms and ${upperMs} ms of the interval join.`,
        'Give a lower bound that is not above the upper one; equal bounds must both be inclusive.',
      );
    }
    const type: JoinType = options.type ?? 'inner';
    const settings = { type, lowerMs, upperMs, lowerInclusive, upperInclusive };
    return new IntervalJoinBetween(this.recorder, this.inputs, settings);
  }
}

type LeftOf<A, Type extends JoinType> = Type extends 'right' | 'full' ? A | undefined : A;
type RightOf<B, Type extends JoinType> = Type extends 'left' | 'full' ? B | undefined : B;

/** An interval join with its bounds: say what to make of each pair. */
export class IntervalJoinBetween<A, B, Type extends JoinType> {
  private readonly recorder: Recorder;
  private readonly inputs: readonly [Edges, Edges];
  private readonly settings: Omit<IntervalJoinSettings, 'join'>;

  constructor(
    recorder: Recorder,
    inputs: readonly [Edges, Edges],
    settings: Omit<IntervalJoinSettings, 'join'>,
  ) {
    this.recorder = recorder;
    this.inputs = inputs;
    this.settings = settings;
  }

  /** Sends left records that come too late to a side output; without one they are counted and dropped. */
  lateLeftOutput(tag: OutputTag<A>): IntervalJoinBetween<A, B, Type> {
    return new IntervalJoinBetween(this.recorder, this.inputs, {
      ...this.settings,
      lateLeftOutput: tag.name,
    });
  }

  /** Sends right records that come too late to a side output; without one they are counted and dropped. */
  lateRightOutput(tag: OutputTag<B>): IntervalJoinBetween<A, B, Type> {
    return new IntervalJoinBetween(this.recorder, this.inputs, {
      ...this.settings,
      lateRightOutput: tag.name,
    });
  }

  /** Calls the function for each pair. The result has the later of the two timestamps. */
  apply<R>(join: (left: LeftOf<A, Type>, right: RightOf<B, Type>) => Synchronous<R>): DataStream<R> {
    const settings = { ...this.settings, join: join as (left: unknown, right: unknown) => unknown };
    return this.recorder.transform({ kind: 'intervalJoin', join: settings }, this.inputs, 'intervalJoin');
  }
}
