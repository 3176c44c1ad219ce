import { MillraceError } from '../contract/errors.ts';

const unended = (reason: string): string => reason.replace(/\.$/, '');

export const abandoned = (id: number, reason: string): MillraceError =>
  new MillraceError('io', `Checkpoint ${id} came to nothing: ${unended(reason)}.`, {
    where: { checkpoint: id },
  });

/** Why a job cannot go on without checkpoints any longer. `error` = what the last one failed by: it knows best where, and what to do. */
export const tooManyFailed = (failures: number, reason: string, error: unknown): MillraceError => {
  const known = MillraceError.is(error) ? error : undefined;
  const what = failures === 1 ? 'A checkpoint' : `${failures} checkpoints in a row`;
  return new MillraceError(
    'io',
    `${what} came to nothing${failures === 1 ? '' : ', the last'} because of this: ${unended(reason)}.`,
    {
      hint: `${known?.hint ?? 'See that the store can be reached and has room.'} spec.checkpoint.tolerableFailures says how many may fail.`,
      ...(known === undefined ? {} : { where: known.where }),
    },
  );
};
