/**
 * Aggregates: a function over accumulators that a job's author writes, or a *built-in* one, which is a plain value that the
 * runtime turns into typed tables. Built-in aggregates ignore null, undefined and missing fields, as SQL does.
 */
import type { Expression } from '../batch/plan.ts';
import type { Expr, FieldOf } from './expressions.ts';
import { jobInvalid, wholeNumber } from './job-invalid.ts';

/** Folds records into an accumulator. `merge` is needed where windows merge or aggregation happens in two phases. */
export interface AggregateFunction<T, A, R> {
  create(): A;
  /** Returns the accumulator to go on with; it may be the same one, changed in place. */
  add(accumulator: A, value: T): A;
  result(accumulator: A): R;
  merge?(left: A, right: A): A;
}

/** The most records that `topN` keeps for a key. */
const mostRecords = 100_000;

/** What a built-in aggregate reads of a record. `record` = the whole record. */
export type AggregateInput =
  | { readonly kind: 'record' }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'function'; readonly function: (value: unknown) => unknown };

export type BuiltInKind =
  | 'count'
  | 'sum'
  | 'average'
  | 'minimum'
  | 'maximum'
  | 'first'
  | 'last'
  | 'countDistinct'
  | 'approximateCountDistinct'
  | 'topN'
  | 'quantiles'
  | 'collect';

/** A built-in aggregate: `R` is its result, `T` the record it reads. */
export interface BuiltInAggregate<T, R> {
  readonly kind: BuiltInKind;
  readonly input: AggregateInput;
  /** `topN`: how many. */
  readonly limit?: number;
  /** `quantiles`: which, each in 0 … 1. */
  readonly quantiles?: readonly number[];
  readonly types?: (value: T) => R;
}

/** Several aggregates by name: the result is a record with these fields. */
export type Aggregates<T> = Readonly<Record<string, BuiltInAggregate<T, unknown>>>;
export type AggregateResults<S> = {
  readonly [Name in keyof S]: S[Name] extends BuiltInAggregate<never, infer R> ? R : never;
};

/** What an aggregate reads: a field with values of this type, an expression over fields, or a function of the record. */
type Read<T, V> =
  | FieldOf<T, V>
  | Expr<V | null | undefined, keyof T & string>
  | ((value: T) => V | null | undefined);

/** How an author names what to read: a field, a function of the record, or an expression. */
export const aggregateInput = (
  read: string | ((value: never) => unknown) | Expr | undefined,
): AggregateInput => {
  if (read === undefined) return { kind: 'record' };
  if (typeof read === 'string') return { kind: 'field', name: read };
  if (typeof read === 'function') return { kind: 'function', function: read as (value: unknown) => unknown };
  return { kind: 'expression', expression: read.expression };
};

/** The fields that a result has beside its aggregates. */
const resultFields: readonly string[] = ['key', 'windowStart', 'windowEnd'];

/**
 * Aggregates by name, as they were given.
 * @throws MillraceError job-invalid when there is none, or one would hide a field that results have anyway.
 */
export const checkAggregates = <S extends Readonly<Record<string, unknown>>>(aggregates: S): S => {
  const names = Object.keys(aggregates);
  if (names.length === 0) throw jobInvalid('There is nothing to aggregate.', 'Name at least one aggregate.');
  const hidden = names.find((name) => resultFields.includes(name));
  if (hidden === undefined) return aggregates;
  throw jobInvalid(
    `An aggregate is called “${hidden}”, as a field that results have anyway.`,
    'Give it another name.',
  );
};

const builtIn = <T, R>(
  kind: BuiltInKind,
  read?: string | ((value: never) => unknown) | Expr,
  rest: { limit?: number; quantiles?: readonly number[] } = {},
): BuiltInAggregate<T, R> => ({ kind, input: aggregateInput(read), ...rest });

/** How many records. */
export const count = <T = unknown>(): BuiltInAggregate<T, number> => builtIn('count');
/** Sum of numbers; 0 when there is none. */
export const sum = <T = never>(read: Read<T, number>): BuiltInAggregate<T, number> => builtIn('sum', read);
/** Mean of numbers; NaN when there is none. */
export const average = <T = never>(read: Read<T, number>): BuiltInAggregate<T, number> =>
  builtIn('average', read);
/** Least number; undefined when there is none. */
export const minimum = <T = never>(read: Read<T, number>): BuiltInAggregate<T, number | undefined> =>
  builtIn('minimum', read);
/** Greatest number; undefined when there is none. */
export const maximum = <T = never>(read: Read<T, number>): BuiltInAggregate<T, number | undefined> =>
  builtIn('maximum', read);
/** The first record in order of arrival, or a field or value of it. */
export function first<T>(): BuiltInAggregate<T, NoInfer<T> | undefined>;
export function first<T, F extends keyof T & string>(
  field: F,
): BuiltInAggregate<T, NoInfer<T>[F] | undefined>;
export function first<T, V>(read: (value: T) => V): BuiltInAggregate<T, V | undefined>;
export function first(read?: string | ((value: never) => unknown)): BuiltInAggregate<never, unknown> {
  return builtIn('first', read);
}
/** The last record in order of arrival, or a field or value of it. */
export function last<T>(): BuiltInAggregate<T, NoInfer<T> | undefined>;
export function last<T, F extends keyof T & string>(field: F): BuiltInAggregate<T, NoInfer<T>[F] | undefined>;
export function last<T, V>(read: (value: T) => V): BuiltInAggregate<T, V | undefined>;
export function last(read?: string | ((value: never) => unknown)): BuiltInAggregate<never, unknown> {
  return builtIn('last', read);
}
/** How many different values, exactly: memory grows with them. */
export const countDistinct = <T = never>(read: Read<T, unknown>): BuiltInAggregate<T, number> =>
  builtIn('countDistinct', read);
/** How many different values by HyperLogLog (2^12 registers, standard error 1.6 %): 4 KiB a key at most. */
export const approximateCountDistinct = <T = never>(read: Read<T, unknown>): BuiltInAggregate<T, number> =>
  builtIn('approximateCountDistinct', read);
/**
 * The records with the `limit` greatest numbers, greatest first; of equal ones the earlier first.
 * @throws MillraceError job-invalid when the limit is not a whole number from 1 to 100,000.
 */
export const topN = <T>(limit: number, by: Read<T, number>): BuiltInAggregate<T, readonly NoInfer<T>[]> =>
  builtIn('topN', by, { limit: wholeNumber(limit, 'number of records', 1, mostRecords) });
/**
 * Quantiles of numbers with a relative error of 1 % (DDSketch).
 * @throws MillraceError job-invalid when one is not in 0 … 1.
 */
export const quantiles = <T = never>(
  read: Read<T, number>,
  which: readonly number[],
): BuiltInAggregate<T, readonly number[]> => {
  const wrong = which.find((quantile) => !(quantile >= 0 && quantile <= 1));
  if (wrong === undefined && which.length > 0) return builtIn('quantiles', read, { quantiles: which });
  throw jobInvalid(
    which.length === 0 ? 'No quantile is asked for.' : `The quantile ${wrong} is not in 0 … 1.`,
    'Write the median as 0.5 and the 99th percentile as 0.99.',
  );
};
/** All records in order of arrival, or a field or value of each. */
export function collectAll<T>(): BuiltInAggregate<T, readonly NoInfer<T>[]>;
export function collectAll<T, F extends keyof T & string>(
  field: F,
): BuiltInAggregate<T, readonly NoInfer<T>[F][]>;
export function collectAll<T, V>(read: (value: T) => V): BuiltInAggregate<T, readonly V[]>;
export function collectAll(read?: string | ((value: never) => unknown)): BuiltInAggregate<never, unknown> {
  return builtIn('collect', read);
}
