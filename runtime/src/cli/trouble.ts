import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import { userFrame } from '../task/failures.ts';
import { ExitCode, type Trouble } from './command-io.ts';
import { errorText } from './error-text.ts';

const outputFailure = (error: Error): MillraceError =>
  new MillraceError('io', `Standard output cannot be written: ${error.message}`, {
    cause: error,
    hint: 'Make room where the output goes, or send it elsewhere.',
  });

/** Why trouble makes a job fail; undefined when it only ends it, since nobody reads its output any more. */
export const failureOf = (trouble: Trouble): unknown => {
  if (trouble.kind === 'output') {
    const { code } = trouble.error as { readonly code?: unknown };
    return code === 'EPIPE' ? undefined : outputFailure(trouble.error);
  }
  const { error } = trouble;
  const at = userFrame(error);
  if (at === undefined) return error;
  return new MillraceError('user-code', `A callback of the job failed: ${reasonOf(error)}`, {
    cause: error,
    where: { at },
    hint: 'Catch errors inside timers and callbacks, and await promises; calls to services belong into mapAsync.',
  });
};

/** Tells of trouble that meets the command while no job runs. Gives the exit code. */
export const tellTrouble = (trouble: Trouble, write: (text: string) => void): number => {
  const failure = failureOf(trouble);
  if (failure === undefined) return ExitCode.cancelled;
  write(`${errorText(failure)}\n`);
  return ExitCode.failed;
};
