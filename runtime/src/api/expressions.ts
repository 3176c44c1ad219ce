/**
 * *Expressions* over the fields of a record, e.g. `col('price').mul(0.908)`. They do what a small closure would, but the
 * planner can read them: a graph of expressions reads only the fields it names, and runs over columns. Null, undefined and
 * missing fields make arithmetic null and a comparison false. `col('price')` fits any field type; `columns<Bid>()` gives
 * columns that know theirs.
 */
import type { BinaryOperator, Expression, FunctionName, UnaryOperator } from '../batch/plan.ts';

/** The names of the fields of `T` that hold values of type `V` (or null, or nothing). */
export type FieldOf<T, V> = {
  [Name in keyof T & string]: T[Name] extends V | null | undefined ? Name : never;
}[keyof T & string];

type Scalar = string | number | bigint | boolean | Date;
type Maybe<V> = V | null | undefined;
/** `null` if `V` may be absent: what arithmetic makes of it. */
type NullOf<V> = V extends null | undefined ? null : never;
/** What a value may be compared with; a column without a type, with any scalar. */
type Comparable<V> = [V] extends [never] ? Scalar : Maybe<V>;
type Operand<V, Names extends string> = V | Expr<V, Names>;

const operand = (value: unknown): Expression =>
  value instanceof Expr ? value.expression : { kind: 'literal', value };

/** An expression with values of type `V` that reads the fields `Names`. Immutable. */
export class Expr<V = unknown, Names extends string = string> {
  /** The plan that this wraps. */
  readonly expression: Expression;
  /** Only for the compiler. */
  readonly valueType?: V;
  readonly fieldNames?: Names;

  constructor(expression: Expression) {
    this.expression = expression;
  }

  add<W extends Maybe<number>, N extends string = never>(
    this: Expr<Maybe<number>, Names>,
    other: Operand<W, N>,
  ): Expr<number | NullOf<V> | NullOf<W>, Names | N> {
    return binary('add', this, other);
  }

  sub<W extends Maybe<number>, N extends string = never>(
    this: Expr<Maybe<number>, Names>,
    other: Operand<W, N>,
  ): Expr<number | NullOf<V> | NullOf<W>, Names | N> {
    return binary('sub', this, other);
  }

  mul<W extends Maybe<number>, N extends string = never>(
    this: Expr<Maybe<number>, Names>,
    other: Operand<W, N>,
  ): Expr<number | NullOf<V> | NullOf<W>, Names | N> {
    return binary('mul', this, other);
  }

  div<W extends Maybe<number>, N extends string = never>(
    this: Expr<Maybe<number>, Names>,
    other: Operand<W, N>,
  ): Expr<number | NullOf<V> | NullOf<W>, Names | N> {
    return binary('div', this, other);
  }

  mod<W extends Maybe<number>, N extends string = never>(
    this: Expr<Maybe<number>, Names>,
    other: Operand<W, N>,
  ): Expr<number | NullOf<V> | NullOf<W>, Names | N> {
    return binary('mod', this, other);
  }

  eq<W extends Comparable<V>, N extends string = never>(other: Operand<W, N>): Expr<boolean, Names | N> {
    return binary('eq', this, other);
  }

  ne<W extends Comparable<V>, N extends string = never>(other: Operand<W, N>): Expr<boolean, Names | N> {
    return binary('ne', this, other);
  }

  lt<W extends Comparable<V>, N extends string = never>(other: Operand<W, N>): Expr<boolean, Names | N> {
    return binary('lt', this, other);
  }

  le<W extends Comparable<V>, N extends string = never>(other: Operand<W, N>): Expr<boolean, Names | N> {
    return binary('le', this, other);
  }

  gt<W extends Comparable<V>, N extends string = never>(other: Operand<W, N>): Expr<boolean, Names | N> {
    return binary('gt', this, other);
  }

  ge<W extends Comparable<V>, N extends string = never>(other: Operand<W, N>): Expr<boolean, Names | N> {
    return binary('ge', this, other);
  }

  and<N extends string = never>(
    this: Expr<Maybe<boolean>, Names>,
    other: Operand<Maybe<boolean>, N>,
  ): Expr<boolean, Names | N> {
    return binary('and', this, other);
  }

  or<N extends string = never>(
    this: Expr<Maybe<boolean>, Names>,
    other: Operand<Maybe<boolean>, N>,
  ): Expr<boolean, Names | N> {
    return binary('or', this, other);
  }

  not(this: Expr<Maybe<boolean>, Names>): Expr<boolean, Names> {
    return unary('not', this);
  }

  neg(this: Expr<Maybe<number>, Names>): Expr<number | NullOf<V>, Names> {
    return unary('neg', this);
  }

  /** True for null, undefined and a missing field. */
  isNull(): Expr<boolean, Names> {
    return unary('isNull', this);
  }

  lower(this: Expr<Maybe<string>, Names>): Expr<string | NullOf<V>, Names> {
    return call('lower', this);
  }

  upper(this: Expr<Maybe<string>, Names>): Expr<string | NullOf<V>, Names> {
    return call('upper', this);
  }

  /** Length of a text in UTF-16 code units. */
  length(this: Expr<Maybe<string>, Names>): Expr<number | NullOf<V>, Names> {
    return call('length', this);
  }

  abs(this: Expr<Maybe<number>, Names>): Expr<number | NullOf<V>, Names> {
    return call('abs', this);
  }

  floor(this: Expr<Maybe<number>, Names>): Expr<number | NullOf<V>, Names> {
    return call('floor', this);
  }

  ceil(this: Expr<Maybe<number>, Names>): Expr<number | NullOf<V>, Names> {
    return call('ceil', this);
  }

  round(this: Expr<Maybe<number>, Names>): Expr<number | NullOf<V>, Names> {
    return call('round', this);
  }
}

const binary = <V, Names extends string>(op: BinaryOperator, left: Expr, right: unknown): Expr<V, Names> =>
  new Expr({ kind: 'binary', op, left: left.expression, right: operand(right) });

const unary = <V, Names extends string>(op: UnaryOperator, of: Expr): Expr<V, Names> =>
  new Expr({ kind: 'unary', op, operand: of.expression });

const call = <V, Names extends string>(name: FunctionName, of: Expr): Expr<V, Names> =>
  new Expr({ kind: 'call', function: name, arguments: [of.expression] });

/** A field as an expression. `V` is `never` when the type of the field is not known here: it then fits everywhere. */
export class Column<Name extends string = string, V = never> extends Expr<V, Name> {
  readonly field: Name;

  constructor(field: Name) {
    super({ kind: 'column', name: field });
    this.field = field;
  }
}

/** The fields of a record of type `T`, each as an expression of its own type. */
export type Columns<T> = { readonly [Name in keyof T & string]-?: Column<Name, T[Name]> };

/** A field by name, of any type: `col('price').mul(0.908)`. */
export const col = <const Name extends string>(name: Name): Column<Name> => new Column(name);

/** The fields of `T`: `const bid = columns<Bid>(); bid.price.mul(0.908)`. */
export const columns = <T>(): Columns<T> =>
  new Proxy({}, { get: (_target, name) => new Column(String(name)) }) as Columns<T>;

/** A constant. */
export const lit = <const V>(value: V): Expr<V, never> => new Expr({ kind: 'literal', value });

/** The record that a `select` makes: each field has the type of its expression. */
export type Selected<T, Fields> = {
  [Name in keyof Fields]: Fields[Name] extends Column<infer Source, infer V>
    ? [V] extends [never]
      ? T[Source & keyof T]
      : V
    : Fields[Name] extends Expr<infer V, string>
      ? V
      : never;
};
