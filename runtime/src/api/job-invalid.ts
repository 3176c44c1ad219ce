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
