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
  readonly capacity: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly lifecycle?: Pick<AsyncFunction<unknown, unknown>, 'open' | 'close'> | undefined;
}
