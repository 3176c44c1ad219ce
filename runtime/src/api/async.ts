import type { Lifecycle } from './functions.ts';

/** Calls something slow for each record; up to `capacity` calls are under way at a time. */
export interface AsyncFunction<T, R> extends Lifecycle {
  /** The results for a record. `signal` is aborted at the time-out. */
  call(value: T, signal: AbortSignal): Promise<readonly R[]>;
  /** Instead of failing at the time-out; absent = the record fails. */
  onTimeout?(value: T): readonly R[];
}

export interface AsyncSettings {
  readonly function: AsyncFunction<unknown, unknown>;
  /** `ordered`: results in the order of records. `unordered`: as they come, but never across a watermark. */
  readonly order: 'ordered' | 'unordered';
  readonly capacity: number;
  /** For one record with all its tries, in ms. */
  readonly timeoutMs: number;
  /** Tries after the first, and the wait before each, doubled each time, in ms. */
  readonly retries: number;
  readonly backoffMs: number;
}
