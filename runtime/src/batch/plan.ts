/**
 * Plans: what a run of fused steps does, as plain typed values. `api` builds them, `task` joins them, `generate.ts` turns
 * them into one loop and `interpret.ts` runs them as they are, with the same result. What expressions mean stands in
 * `operations.ts`.
 */

export type BinaryOperator =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mod'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'and'
  | 'or';

export type UnaryOperator = 'not' | 'neg' | 'isNull';

export type FunctionName = 'lower' | 'upper' | 'length' | 'abs' | 'floor' | 'ceil' | 'round';

/** A computation over the fields of one record. */
export type Expression =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: unknown }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'unary'; readonly op: UnaryOperator; readonly operand: Expression }
  | { readonly kind: 'call'; readonly function: FunctionName; readonly arguments: readonly Expression[] };

/** Hands on one record of a flatMap. Without a timestamp it gets that of the record it was made from. */
export type Emit = (value: unknown, timestampMs?: number) => void;

/** One step. A function gets the value that the step before left. */
export type FusedStep =
  | { readonly kind: 'map'; readonly function: (value: unknown) => unknown }
  | { readonly kind: 'filter'; readonly function: (value: unknown) => unknown }
  | { readonly kind: 'flatMap'; readonly function: (value: unknown, emit: Emit) => void }
  | { readonly kind: 'filterExpression'; readonly expression: Expression }
  /** Makes a new record with exactly these fields, in this order. */
  | { readonly kind: 'project'; readonly fields: Readonly<Record<string, Expression>> }
  /** Gives the record another timestamp in ms. */
  | { readonly kind: 'timestamp'; readonly function: (value: unknown, previousMs: number) => number };

export interface FusedPlan {
  readonly steps: readonly FusedStep[];
}

/** Where a loop writes. It writes into the arrays directly; `count` is right whenever the loop is not running. */
export interface FusedOutput {
  rows: unknown[];
  timestamps: Float64Array;
  count: number;
  /** Makes room for more; the arrays are new ones afterwards. */
  grow(): void;
}

/** Which record a loop failed on, in which step, and how many records were in the output before that record. */
export interface FusedCursor {
  index: number;
  step: number;
  countBefore: number;
}

/**
 * Runs the records `from … length − 1` through all steps. When a step throws, the cursor tells where and the error goes on;
 * the caller truncates the output to `countBefore` and may go on at `index + 1`.
 */
export type RowLoop = (
  rows: readonly unknown[],
  timestamps: Float64Array,
  from: number,
  length: number,
  output: FusedOutput,
  cursor: FusedCursor,
) => void;

const addFields = (expression: Expression, fields: Set<string>): void => {
  switch (expression.kind) {
    case 'column':
      fields.add(expression.name);
      return;
    case 'literal':
      return;
    case 'binary':
      addFields(expression.left, fields);
      addFields(expression.right, fields);
      return;
    case 'unary':
      addFields(expression.operand, fields);
      return;
    case 'call':
      for (const argument of expression.arguments) addFields(argument, fields);
  }
};

/** The fields that these expressions read, in the order in which they appear. */
export const fieldsOf = (...expressions: readonly Expression[]): readonly string[] => {
  const fields = new Set<string>();
  for (const expression of expressions) addFields(expression, fields);
  return [...fields];
};

/** The expressions of a step; none for a step that calls a function. */
export const expressionsOf = (step: FusedStep): readonly Expression[] => {
  if (step.kind === 'filterExpression') return [step.expression];
  return step.kind === 'project' ? Object.values(step.fields) : [];
};
