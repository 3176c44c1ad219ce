import type { AsyncFunction } from './async.ts';

export type JoinType = 'inner' | 'left' | 'right' | 'full';

/** Joins a left record with the right records of its key whose time is in [left + lower, left + upper]. */
export interface IntervalJoinSettings {
  readonly type: JoinType;
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  /** The missing side of an outer join is undefined. */
  readonly join: (left: unknown, right: unknown) => unknown;
  readonly lateLeftOutput?: string | undefined;
  readonly lateRightOutput?: string | undefined;
}

/** Enriches records from outside, by key, with a cache. */
export interface LookupSettings {
  readonly key: (value: unknown) => unknown;
  /** The value for a key, or undefined when there is none (that is cached too). */
  readonly load: (key: unknown, signal: AbortSignal) => Promise<unknown>;
  readonly join: (value: unknown, found: unknown) => unknown;
  readonly cacheSize: number;
  readonly cacheForMs: number;
  /** Loads under way at a time. */
  readonly capacity: number;
  /** For one load with all its tries, in ms. */
  readonly timeoutMs: number;
  /** Tries after the first, and the wait before each, doubled each time, in ms. */
  readonly retries: number;
  readonly backoffMs: number;
  readonly lifecycle?: Pick<AsyncFunction<unknown, unknown>, 'open' | 'close'> | undefined;
}
