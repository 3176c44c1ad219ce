/**
 * What expressions mean. They do what JavaScript does with numbers, bigints, texts and booleans, with these differences:
 * - null, undefined and a missing field are *absent*: arithmetic and functions of something absent give null, comparisons
 *   with it false (`ne` too), `and`, `or` and `not` take it for false.
 * - `eq` and `ne` compare by content (two equal dates are equal), values of different types are never equal; NaN ≠ NaN.
 * - `lt`, `le`, `gt`, `ge` know numbers, bigints and dates (by time, also mixed), two texts, two booleans; anything else is false.
 * - A date in arithmetic is its milliseconds. A text is only joined (`add`) or read as a number (the others).
 * - bigint with number, and objects, lists and bytes in arithmetic, are errors.
 */
import { MillraceError } from '../contract/errors.ts';
import { equalValues } from './order.ts';
import type { BinaryOperator, FunctionName, UnaryOperator } from './plan.ts';
import { describeValue } from './values.ts';

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

const unusable = (operation: string, ...operands: readonly unknown[]): MillraceError => {
  const shown = operands.map((operand) => describeValue(operand, 60)).join(' and ');
  return new MillraceError('user-code', `The expression ${operation} cannot be computed of ${shown}.`, {
    hint: 'Convert the values to one type first, or use a function instead of an expression.',
  });
};

type Scalar = number | bigint;

/** A value in arithmetic: a bigint stays one, everything else that has a number becomes it. */
const toScalar = (value: unknown): Scalar | undefined => {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return value;
    case 'string':
    case 'boolean':
      return Number(value);
    default:
      return value instanceof Date ? value.getTime() : undefined;
  }
};

/** `compute` gets two numbers or two bigints. */
const arithmetic = (
  operation: BinaryOperator,
  left: unknown,
  right: unknown,
  compute: (left: number, right: number) => Scalar,
): Scalar | null => {
  if (isAbsent(left) || isAbsent(right)) return null;
  const [first, second] = [toScalar(left), toScalar(right)];
  if (first === undefined || second === undefined || typeof first !== typeof second) {
    throw unusable(operation, left, right);
  }
  return compute(first as number, second as number);
};

const isJoinable = (value: unknown): boolean =>
  typeof value === 'string' ||
  typeof value === 'number' ||
  typeof value === 'bigint' ||
  typeof value === 'boolean';

const add = (left: unknown, right: unknown): unknown => {
  if (typeof left !== 'string' && typeof right !== 'string')
    return arithmetic('add', left, right, (a, b) => a + b);
  if (isAbsent(left) || isAbsent(right)) return null;
  if (!isJoinable(left) || !isJoinable(right)) throw unusable('add', left, right);
  return `${left as string}${right as string}`;
};

const isEqual = (left: unknown, right: unknown): boolean => {
  if (isAbsent(left) || isAbsent(right)) return false;
  return typeof left === 'number' ? left === right : equalValues(left, right);
};

/** The form in which two values can be ordered: two numbers or bigints, two texts, two booleans. */
const orderable = (value: unknown): unknown => (value instanceof Date ? value.getTime() : value);

const isOrdered = (
  left: unknown,
  right: unknown,
  test: (left: number, right: number) => boolean,
): boolean => {
  const [first, second] = [orderable(left), orderable(right)];
  const [type, other] = [typeof first, typeof second];
  const areScalars = (type === 'number' || type === 'bigint') && (other === 'number' || other === 'bigint');
  if (!areScalars && (type !== other || (type !== 'string' && type !== 'boolean'))) return false;
  return test(first as number, second as number);
};

/** Whether a value counts as true; as in JavaScript. */
export const isTrue = (value: unknown): boolean => Boolean(value);

/** Both operands are computed already; `and` and `or` of an expression do not compute the second when the first decides. */
export const binaryOperations: Readonly<Record<BinaryOperator, (left: unknown, right: unknown) => unknown>> =
  {
    add,
    sub: (left, right) => arithmetic('sub', left, right, (a, b) => a - b),
    mul: (left, right) => arithmetic('mul', left, right, (a, b) => a * b),
    div: (left, right) => arithmetic('div', left, right, (a, b) => a / b),
    mod: (left, right) => arithmetic('mod', left, right, (a, b) => a % b),
    eq: isEqual,
    ne: (left, right) => !isAbsent(left) && !isAbsent(right) && !isEqual(left, right),
    lt: (left, right) => isOrdered(left, right, (a, b) => a < b),
    le: (left, right) => isOrdered(left, right, (a, b) => a <= b),
    gt: (left, right) => isOrdered(left, right, (a, b) => a > b),
    ge: (left, right) => isOrdered(left, right, (a, b) => a >= b),
    and: (left, right) => isTrue(left) && isTrue(right),
    or: (left, right) => isTrue(left) || isTrue(right),
  };

const negate = (value: unknown): unknown => {
  if (isAbsent(value)) return null;
  const scalar = toScalar(value);
  if (scalar === undefined) throw unusable('neg', value);
  return -scalar;
};

export const unaryOperations: Readonly<Record<UnaryOperator, (operand: unknown) => unknown>> = {
  not: (operand) => !isTrue(operand),
  neg: negate,
  isNull: isAbsent,
};

const ofText = (name: FunctionName, value: unknown, compute: (text: string) => unknown): unknown => {
  if (isAbsent(value)) return null;
  if (typeof value !== 'string') throw unusable(name, value);
  return compute(value);
};

/** Whole bigints have nothing to round. */
const ofNumber = (name: FunctionName, value: unknown, compute: (number: number) => number): unknown => {
  if (isAbsent(value)) return null;
  const scalar = toScalar(value);
  if (scalar === undefined) throw unusable(name, value);
  if (typeof scalar === 'number') return compute(scalar);
  return name === 'abs' && scalar < 0n ? -scalar : scalar;
};

/** `length` counts UTF-16 code units; `round` rounds halves up, as `Math.round` does. */
export const functions: Readonly<Record<FunctionName, (argument: unknown) => unknown>> = {
  lower: (value) => ofText('lower', value, (text) => text.toLowerCase()),
  upper: (value) => ofText('upper', value, (text) => text.toUpperCase()),
  length: (value) => ofText('length', value, (text) => text.length),
  abs: (value) => ofNumber('abs', value, Math.abs),
  floor: (value) => ofNumber('floor', value, Math.floor),
  ceil: (value) => ofNumber('ceil', value, Math.ceil),
  round: (value) => ofNumber('round', value, Math.round),
};

/** Whether every object seems to have a field of this name, because its prototype does. */
export const isInherited = (name: string): boolean => name in Object.prototype;

/** A field of a record; undefined when it is missing or the record is no object. */
export const readField = (record: unknown, name: string): unknown => {
  if (typeof record !== 'object' || record === null) return undefined;
  if (isInherited(name) && !Object.hasOwn(record, name)) return undefined;
  return (record as Record<string, unknown>)[name];
};
