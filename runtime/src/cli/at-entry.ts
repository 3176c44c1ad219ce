import { MillraceError } from '../contract/errors.ts';
import { placeOf } from '../task/failures.ts';

/** Does what loads and plans a job; an error that knows no line of the job's code names at least its file. */
export const atEntry = async <T>(entry: string, action: () => Promise<T>): Promise<T> => {
  try {
    return await action();
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'job-invalid') throw error;
    const { code, message, hint, cause } = error;
    const place = placeOf(error);
    const where = place['at'] === undefined ? { file: entry, ...place } : place;
    throw new MillraceError(code, message, { where, cause, ...(hint === undefined ? {} : { hint }) });
  }
};
