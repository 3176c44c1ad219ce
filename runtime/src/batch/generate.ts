/**
 * The only file that makes code out of text. The text is put together from fixed pieces and numbers: user functions, field
 * names and constants are always arguments of the code, never part of it, and no text of a user, a manifest or a record
 * ever reaches it. The pieces stand in `row-code.ts` and `column-code.ts`.
 */
import { CodeArguments } from './code-arguments.ts';
import { type CellType, type ColumnLoopText, columnLoopText } from './column-code.ts';
import type { FusedPlan, RowLoop } from './plan.ts';
import { RowLoopText } from './row-code.ts';

/** Numbers the generated texts: V8 lets functions of equal text share what it learned about types, which is bad for all. */
const generated = { count: 0 };

/**
 * A function out of generated text, whose parameters are `names`. Undefined where code generation is not allowed
 * (`--disallow-code-generation-from-strings`).
 */
const compile = (
  names: readonly string[],
  body: string,
): ((...values: readonly unknown[]) => unknown) | undefined => {
  generated.count += 1;
  try {
    return new Function(...names, `"use strict"; /* ${generated.count} */ ${body}`) as (
      ...values: readonly unknown[]
    ) => unknown;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
};

/** `count` pieces of text, joined. */
const repeat = (count: number, piece: (i: number) => string, separator = ''): string =>
  Array.from({ length: count }, (_, i) => piece(i)).join(separator);

/** Makes `length` rows: each a copy of the template whose field `names[k]` is set to `columns[k][i]`. */
export type RowMaker = (
  template: Readonly<Record<string, unknown>>,
  names: readonly string[],
  columns: readonly ArrayLike<unknown>[],
  length: number,
) => unknown[];

/** A row maker for one schema with this many fields; undefined where code generation is not allowed. */
export const generateRowMaker = (width: number): RowMaker | undefined =>
  compile(
    ['template', 'names', 'columns', 'length'],
    `${repeat(width, (k) => `const n${k} = names[${k}], c${k} = columns[${k}];`)}
    const rows = new Array(length);
    for (let i = 0; i < length; i++) {
      const row = { ...template };
      ${repeat(width, (k) => `row[n${k}] = c${k}[i];`)}
      rows[i] = row;
    }
    return rows;`,
  ) as RowMaker | undefined;

/** A loop over rows made for this plan; undefined where code generation is not allowed. */
export const generateLoop = (plan: FusedPlan): RowLoop | undefined => {
  const passed = new CodeArguments();
  const body = new RowLoopText(plan, passed).write();
  return compile(passed.names, body)?.(...passed.values) as RowLoop | undefined;
};

/** What a column loop leaves: how many records, which (if it filters), and the computed values. */
export interface ColumnLoopResult {
  readonly count: number;
  readonly computed: readonly (Float64Array | Uint8Array | string[])[];
}

/** A loop over columns with what is needed to call it. */
export interface GeneratedColumnLoop extends Omit<ColumnLoopText, 'body'> {
  /** `columns` are the values of the columns in `reads`; positions of kept records go to `selection` if the loop filters. */
  readonly run: (columns: readonly unknown[], length: number, selection: Int32Array) => ColumnLoopResult;
}

/** A loop over columns of these types; undefined when the plan needs rows, or where code generation is not allowed. */
export const generateColumnLoop = (
  plan: FusedPlan,
  inputTypes: ReadonlyMap<string, CellType | undefined>,
): GeneratedColumnLoop | undefined => {
  const passed = new CodeArguments();
  const text = columnLoopText(plan, inputTypes, passed);
  if (text === undefined) return undefined;
  const { body, ...rest } = text;
  const run = compile(
    passed.names,
    `return (columns, length, selection) => { ${body} };`,
  )?.(...passed.values);
  return run === undefined ? undefined : { ...rest, run: run as GeneratedColumnLoop['run'] };
};
