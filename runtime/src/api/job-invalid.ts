import { MillraceError } from '../contract/errors.ts';

/** The error of a job that cannot be planned: names the transform (when there is one) and says what to do. */
export const jobInvalid = (message: string, hint: string, transform?: string): MillraceError =>
  new MillraceError('job-invalid', message, {
    hint,
    ...(transform === undefined ? {} : { where: { transform } }),
  });

/**
 * Checks a whole number given by the job's author.
 * @throws MillraceError job-invalid when it is not one from `least` to `most`.
 */
export const wholeNumber = (
  value: number,
  what: string,
  least: number,
  most: number,
  transform?: string,
): number => {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw jobInvalid(
    `The ${what} ${String(value)} is not a whole number from ${least} to ${most}.`,
    `Give a ${what} from ${least} to ${most}.`,
    transform,
  );
};

/** The method by which each kind of connector is known. */
const methods = { source: 'createReader', sink: 'createWriter' } as const;

/**
 * Checks what a stream begins or ends with, for authors whose code nobody has compiled against the types.
 * @throws MillraceError job-invalid when it is no connector of this kind; says so where it is one of the other.
 */
export const requireConnector = (connector: unknown, kind: keyof typeof methods): void => {
  const has = (method: string): boolean =>
    typeof (connector as Readonly<Record<string, unknown>> | undefined | null)?.[method] === 'function';
  if (has(methods[kind])) return;
  const other = kind === 'source' ? 'sink' : 'source';
  const name = (connector as { readonly kind?: unknown } | undefined | null)?.kind;
  const what = has(methods[other]) ? `“${String(name)}” is a ${other}, and no ${kind}` : `That is no ${kind}`;
  throw jobInvalid(
    `${what}.`,
    `Give what one of millrace/connectors makes as a ${kind}, or an object with ${methods[kind]}.`,
  );
};
