import type { Expr, FieldOf } from './expressions.ts';
import { jobInvalid } from './job-invalid.ts';
import type { KeySelector } from './transform.ts';

/** A function from record to key. Checked as a method is, so that a stream of a subtype is a stream of the type. */
export type KeyFunction<T, K> = { key(value: T): K }['key'];

/** A key of type `K` as an author names it: a field, an expression, or a function of the record. */
export type KeyOf<T, K> = FieldOf<T, K> | Expr<K, keyof T & string> | KeyFunction<T, K>;

/**
 * The selector for what an author gave: one or several field names, or an expression, or a function.
 * @throws MillraceError job-invalid when there is nothing to select by.
 */
export const keySelector = (keys: readonly (string | Expr | ((value: never) => unknown))[]): KeySelector => {
  const [first, ...rest] = keys;
  if (first === undefined || first === '') {
    throw jobInvalid(
      'A stream is keyed by nothing.',
      'Give keyBy a field name, an expression or a function.',
    );
  }
  if (typeof first === 'function')
    return { kind: 'function', function: first as (value: unknown) => unknown };
  if (typeof first !== 'string') return { kind: 'expression', expression: first.expression };
  return rest.length === 0
    ? { kind: 'field', name: first }
    : { kind: 'fields', names: keys as readonly string[] };
};
