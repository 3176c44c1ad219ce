import * as z from 'zod';
import { MillraceError } from '../contract/errors.ts';

const pathText = (path: readonly PropertyKey[]): string => path.map(String).join('.');

/** Of a choice between several forms, what each form expects. */
const messageOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue.message;
  const forms = issue.errors.map((branch) => branch.map(sentence).join(', '));
  return [...new Set(forms)].join(', or ');
};

const sentence = (issue: z.core.$ZodIssue): string => {
  const path = pathText(issue.path);
  return path === '' ? messageOf(issue) : `${path}: ${messageOf(issue)}`;
};

/**
 * Checks the options of a connector when the job's graph is built, and fills in defaults.
 * @throws MillraceError job-invalid that names the connector and every wrong option.
 */
export const checkOptions = <Schema extends z.ZodType>(
  connector: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> => {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  throw new MillraceError(
    'job-invalid',
    `The options of ${connector}() are wrong: ${result.error.issues.map(sentence).join('; ')}.`,
    { hint: `Correct the options of ${connector}().`, where: { connector } },
  );
};

/** A function of the job's author, checked only for being one; its parameters are the compiler's matter. */
export const functionOption = <F>(): z.ZodType<F, F> =>
  z.custom<F>((value) => typeof value === 'function', 'expected a function');
