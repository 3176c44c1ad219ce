/** Settings of calls to the outside as an author gives them, turned into the full ones. */
import { readField } from '../batch/operations.ts';
import type { AsyncFunction, AsyncSettings } from './async.ts';
import { type Duration, durationMs } from './duration.ts';
import type { Lifecycle } from './functions.ts';
import { wholeNumber } from './job-invalid.ts';
import type { LookupSettings } from './joins.ts';
import type { KeyFunction } from './key-selector.ts';

/** Calls under way at a time when none is given, and the most that may be asked for. */
const defaultCapacity = 100;
const mostCapacity = 1_000_000;
const mostRetries = 1000;
const mostCacheEntries = 10_000_000;

/** How calls that fail are repeated. */
export interface Retry {
  /** Tries after the first. */
  readonly times: number;
  /** Wait before the second try, doubled each time; default 100 ms. */
  readonly backoff?: Duration;
}

/** Limits of calls to the outside. */
export interface CallLimits {
  /** Calls under way at a time in one subtask; default 100. */
  readonly capacity?: number;
  /** For one record with all its tries; default 30 s. */
  readonly timeout?: Duration;
  /** Default: none. */
  readonly retry?: Retry;
}

export interface AsyncLimits extends CallLimits {
  /** `ordered` (default): results in the order of records. `unordered`: as they come, but never across a watermark. */
  readonly order?: 'ordered' | 'unordered';
}

/** `mapAsync`: one result a record. */
export interface MapAsync<T, R> extends AsyncLimits, Lifecycle {
  /** `signal` is aborted at the time-out. */
  call(value: T, signal: AbortSignal): Promise<R>;
  /** The result to take at the time-out; absent = the record fails. */
  onTimeout?(value: T): R;
}

/** `flatMapAsync`: any number of results a record. */
export interface FlatMapAsync<T, R> extends AsyncLimits, AsyncFunction<T, R> {}

/** `lookup`: enriches records from outside, by key, with a cache in each subtask. */
export interface Lookup<T, Key, K, V, R> extends CallLimits, Pick<Lifecycle, 'open' | 'close'> {
  /** What to look up: a field or a function of the record. */
  readonly key: Key;
  /** The value for a key, or undefined when there is none (that is cached too). */
  load(key: K, signal: AbortSignal): Promise<V | undefined>;
  join(value: T, found: V | undefined): R;
  /** Keys kept; default 10,000. */
  readonly cacheSize?: number;
  /** How long a value may be used; default 10 min. */
  readonly cacheFor?: Duration;
}

const limits = (
  given: CallLimits,
): Pick<AsyncSettings, 'capacity' | 'timeoutMs' | 'retries' | 'backoffMs'> => ({
  capacity: wholeNumber(given.capacity ?? defaultCapacity, 'capacity', 1, mostCapacity),
  timeoutMs: durationMs(given.timeout ?? '30s', 'timeout'),
  retries: wholeNumber(given.retry?.times ?? 0, 'number of retries', 0, mostRetries),
  backoffMs: durationMs(given.retry?.backoff ?? '100ms', 'retry back-off'),
});

export const flatMapAsyncSettings = <T, R>(given: FlatMapAsync<T, R>): AsyncSettings => ({
  function: given as AsyncFunction<unknown, unknown>,
  order: given.order ?? 'ordered',
  ...limits(given),
});

export const mapAsyncSettings = <T, R>(given: MapAsync<T, R>): AsyncSettings => {
  const calls: AsyncFunction<T, R> = {
    call: async (value, signal) => [await given.call(value, signal)],
    ...(given.onTimeout === undefined ? {} : { onTimeout: (value: T) => [given.onTimeout?.(value) as R] }),
    open: (context) => given.open?.(context),
    close: () => given.close?.(),
    checkpointComplete: (checkpointId) => given.checkpointComplete?.(checkpointId),
    checkpointAborted: (checkpointId) => given.checkpointAborted?.(checkpointId),
  };
  return {
    function: calls as AsyncFunction<unknown, unknown>,
    order: given.order ?? 'ordered',
    ...limits(given),
  };
};

export const lookupSettings = <T, K, V, R>(
  given: Lookup<T, string | KeyFunction<T, K>, K, V, R>,
): LookupSettings => {
  const { key } = given;
  return {
    key: typeof key === 'function' ? (key as (value: unknown) => unknown) : (value) => readField(value, key),
    load: (found, signal) => given.load(found as K, signal),
    join: (value, found) => given.join(value as T, found as V | undefined),
    cacheSize: wholeNumber(given.cacheSize ?? 10_000, 'cache size', 0, mostCacheEntries),
    cacheForMs: durationMs(given.cacheFor ?? '10m', 'cache time'),
    ...limits(given),
    lifecycle: given,
  };
};
