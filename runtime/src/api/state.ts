/**
 * State as a job's author sees it: a *descriptor* names a piece of state and is a plain value; a *state* is the handle that
 * a running function gets for it in `open`. Keyed state always means the state of the key in hand. All access is
 * synchronous. A value that was changed in place must be given back by `update`: a value kept past the call is not state.
 */
import type { AggregateFunction } from './aggregates.ts';
import type { Duration } from './duration.ts';

/** How long an entry lives. Time is processing time. */
export interface TimeToLive {
  readonly after: Duration;
  /** What renews an entry; default `write` (which includes its creation). */
  readonly refreshOn?: 'create' | 'write' | 'read';
  /** Whether an expired entry that was not yet removed may still be read; default no. */
  readonly returnExpired?: boolean;
}

/**
 * How state of older snapshots becomes this one's. Each piece of stored state knows its version, so `migrate` runs once for each
 * value that an older version of the job wrote, when that is restored.
 */
export interface StateEvolution {
  /** The name that older snapshots have for it, when none of them has the present one. */
  readonly renamedFrom?: string | undefined;
  /** What values look like, counted from 1; raise it when they change so that the functions cannot read the old ones. */
  readonly version?: number | undefined;
  /** Makes a value of an older version one of this. It gets each value, item of a list, value of a map, or accumulator. */
  readonly migrate?: ((value: unknown, fromVersion: number) => unknown) | undefined;
}

interface DescriptorBase extends StateEvolution {
  readonly name: string;
  readonly ttl?: TimeToLive | undefined;
}

export interface ValueStateDescriptor<T, Absent = undefined> extends DescriptorBase {
  readonly kind: 'value';
  readonly default: Absent;
  /** Typed storage: 8 bytes a key. */
  readonly type: 'any' | 'number';
  readonly valueType?: T;
}
export interface ListStateDescriptor<T> extends DescriptorBase {
  readonly kind: 'list';
  readonly valueType?: T;
}
export interface MapStateDescriptor<K, V> extends DescriptorBase {
  readonly kind: 'map';
  readonly valueType?: readonly [K, V];
}
export interface ReducingStateDescriptor<T> extends DescriptorBase {
  readonly kind: 'reducing';
  readonly reduce: (left: T, right: T) => T;
}
export interface AggregatingStateDescriptor<T, A, R> extends DescriptorBase {
  readonly kind: 'aggregating';
  readonly aggregate: AggregateFunction<T, A, R>;
}
export interface BroadcastStateDescriptor<K, V> {
  readonly kind: 'broadcast';
  readonly name: string;
  readonly valueType?: readonly [K, V];
}

export interface StateOptions extends StateEvolution {
  readonly ttl?: TimeToLive;
}

/** What all descriptors take over from the options. */
const commonOf = ({ ttl, renamedFrom, version, migrate }: StateOptions): StateOptions & StateEvolution => ({
  ...(ttl === undefined ? {} : { ttl }),
  ...(renamedFrom === undefined ? {} : { renamedFrom }),
  ...(version === undefined ? {} : { version }),
  ...(migrate === undefined ? {} : { migrate }),
});

/** One value a key; `value()` of a key without one is the default, or undefined. */
export function valueState<T>(
  name: string,
  options: StateOptions & { readonly default: T; readonly type?: 'any' | 'number' },
): ValueStateDescriptor<T, T>;
export function valueState<T>(
  name: string,
  options?: StateOptions & { readonly type?: 'any' | 'number' },
): ValueStateDescriptor<T>;
export function valueState<T>(
  name: string,
  options: StateOptions & { readonly default?: T; readonly type?: 'any' | 'number' } = {},
): ValueStateDescriptor<T, T | undefined> {
  return { kind: 'value', name, default: options.default, type: options.type ?? 'any', ...commonOf(options) };
}

/** A list a key, in the order of `add`. */
export const listState = <T>(name: string, options: StateOptions = {}): ListStateDescriptor<T> => ({
  kind: 'list',
  name,
  ...commonOf(options),
});

/** A map a key; its entries keep the order of insertion. A time to live counts for each entry alone. */
export const mapState = <K, V>(name: string, options: StateOptions = {}): MapStateDescriptor<K, V> => ({
  kind: 'map',
  name,
  ...commonOf(options),
});

/** One value a key into which every `add` is reduced. */
export const reducingState = <T>(
  name: string,
  reduce: (left: T, right: T) => T,
  options: StateOptions = {},
): ReducingStateDescriptor<T> => ({ kind: 'reducing', name, reduce, ...commonOf(options) });

/** An accumulator a key, read as its result. */
export const aggregatingState = <T, A, R>(
  name: string,
  aggregate: AggregateFunction<T, A, R>,
  options: StateOptions = {},
): AggregatingStateDescriptor<T, A, R> => ({ kind: 'aggregating', name, aggregate, ...commonOf(options) });

/** A map of which every subtask holds an equal copy. */
export const broadcastState = <K, V>(name: string): BroadcastStateDescriptor<K, V> => ({
  kind: 'broadcast',
  name,
});

export interface ValueState<T, Absent = undefined> {
  value(): T | Absent;
  update(value: T): void;
  clear(): void;
}
export interface ListState<T> {
  /** The list itself, which later calls of `add` change: emit a copy of it. */
  get(): readonly T[];
  add(value: T): void;
  addAll(values: Iterable<T>): void;
  update(values: readonly T[]): void;
  clear(): void;
}
export interface MapState<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  put(key: K, value: V): void;
  delete(key: K): void;
  entries(): Iterable<readonly [K, V]>;
  keys(): Iterable<K>;
  values(): Iterable<V>;
  isEmpty(): boolean;
  clear(): void;
}
export interface ReducingState<T> {
  get(): T | undefined;
  add(value: T): void;
  clear(): void;
}
export interface AggregatingState<T, R> {
  get(): R | undefined;
  add(value: T): void;
  clear(): void;
}
/** Non-keyed list state of one subtask. */
export interface SubtaskListState<T> {
  get(): readonly T[];
  add(value: T): void;
  update(values: readonly T[]): void;
}
export interface ReadonlyBroadcastState<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  entries(): Iterable<readonly [K, V]>;
}
export interface BroadcastState<K, V> extends ReadonlyBroadcastState<K, V> {
  put(key: K, value: V): void;
  delete(key: K): void;
  clear(): void;
}

/** Gives the handle for a descriptor. Only in `open`, and only after a keyBy. */
export interface StateAccess {
  state<T, Absent>(descriptor: ValueStateDescriptor<T, Absent>): ValueState<T, Absent>;
  state<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  state<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  state<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  state<T, A, R>(descriptor: AggregatingStateDescriptor<T, A, R>): AggregatingState<T, R>;
}

/** Any keyed state's descriptor. */
export type StateDescriptor =
  | ValueStateDescriptor<unknown, unknown>
  | ListStateDescriptor<unknown>
  | MapStateDescriptor<unknown, unknown>
  | ReducingStateDescriptor<unknown>
  | AggregatingStateDescriptor<unknown, unknown, unknown>;
