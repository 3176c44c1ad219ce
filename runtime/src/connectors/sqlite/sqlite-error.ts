import { MillraceError } from '../../contract/errors.ts';
import { sqliteResultCode } from '../../sys/sqlite.ts';

const resultCodes: Readonly<Record<number, readonly [reason: string, hint: string]>> = {
  5: ['another process has locked it', 'Close the other program, or give the job a longer busyTimeout.'],
  6: [
    'another connection has locked the table',
    'Close the other program, or give the job a longer busyTimeout.',
  ],
  8: ['it is read-only', 'Give the user that runs the job the right to write the file and its directory.'],
  10: ['the disk reported an error', 'Check the disk and that the directory still exists.'],
  11: ['it is damaged', 'Restore the file from a copy, or write to another one.'],
  13: ['the disk is full', 'Free space on that disk; then start the job again.'],
  14: ['it cannot be opened', 'Check that its directory exists and may be written to.'],
  26: ['it is not a SQLite database', 'Name another file, or move this one away.'],
};

/** An error of SQLite as a sentence: what could not be done with which database, why, and what to do. */
export const sqliteError = (action: string, file: string, error: unknown): MillraceError => {
  if (error instanceof MillraceError) return error;
  const code = sqliteResultCode(error);
  const known = code === undefined ? undefined : resultCodes[code & 0xff];
  const detail = error instanceof Error ? error.message : String(error);
  return new MillraceError('io', `Cannot ${action} the database ${file}: ${known?.[0] ?? detail}.`, {
    hint:
      known?.[1] ??
      'See whether the file is a database that may be read and written, and whether the disk has room.',
    cause: error,
    where: { file, ...(code === undefined ? {} : { sqliteCode: code }) },
  });
};

/** Whether trying again later may help. */
export const isBusy = (error: unknown): boolean => {
  const code = sqliteResultCode(error);
  return code !== undefined && ((code & 0xff) === 5 || (code & 0xff) === 6);
};
