import type { Expression } from '../batch/plan.ts';
import { type Columns, col, columns, type Expr } from './expressions.ts';
import { jobInvalid } from './job-invalid.ts';

/** Fields by name, each an expression over a record of type `T`. */
export type SelectedFields<T> = Readonly<Record<string, Expr<unknown, keyof T & string>>>;

/**
 * The plan of a `select`: of field names, of expressions by name, or of a function that gives them.
 * @throws MillraceError job-invalid when nothing is selected.
 */
export const selectedFields = <T>(
  given: readonly (string | SelectedFields<T> | ((row: Columns<T>) => SelectedFields<T>))[],
): Readonly<Record<string, Expression>> => {
  const fields = new Map<string, Expression>();
  for (const part of given) {
    if (typeof part === 'string') {
      fields.set(part, col(part).expression);
      continue;
    }
    const named = typeof part === 'function' ? part(columns<T>()) : part;
    for (const [name, { expression }] of Object.entries(named)) fields.set(name, expression);
  }
  if (fields.size === 0)
    throw jobInvalid('A select without fields makes empty records.', 'Name at least one field.');
  return Object.fromEntries(fields);
};
