import { MillraceError } from '../../contract/errors.ts';

/** What went wrong and what to do, by the code of the platform. */
const explanations: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ENOSPC: [
    'the disk is full',
    'Make room on it, or let the store be elsewhere: spec.checkpoint.store.directory.',
  ],
  EDQUOT: ['the quota of the disk is used up', 'Make room, raise the quota, or let the store be elsewhere.'],
  EACCES: ['it may not be read or written by this user', 'Give the user of the job the right to it.'],
  EPERM: [
    'it may not be written so by this user',
    'Give the user of the job the right to it; hard links must be possible.',
  ],
  EROFS: ['the disk is mounted for reading only', 'Mount it for writing, or let the store be elsewhere.'],
  ELOOP: ['a symbolic link is in its place', 'Remove the link: a store has none in it.'],
  EMFILE: ['this process has too many open files', 'Raise the limit of open files: ulimit -n.'],
  ENFILE: ['the machine has too many open files', 'Raise its limit of open files.'],
  EIO: ['the disk fails', 'Look at the log of the machine, and replace the disk.'],
  ENOTSUP: [
    'its file system has no hard links',
    'Let the store be on a file system that has them, such as ext4, xfs or apfs.',
  ],
  EOPNOTSUPP: [
    'its file system has no hard links',
    'Let the store be on a file system that has them, such as ext4, xfs or apfs.',
  ],
  EXDEV: ['a part of the store is another file system', 'Let the whole store be on one file system.'],
  ENOTDIR: ['a file is where a directory must be', 'Remove what does not belong to the store.'],
  EISDIR: ['a directory is where a file must be', 'Remove what does not belong to the store.'],
};

/** The platform's code of an error. */
export const codeOf = (error: unknown): string =>
  String((error as { readonly code?: unknown } | undefined)?.code);

/** A failure of the disk as a sentence. `doing` completes "The store could not …". */
export const directoryError = (place: string, key: string, doing: string, error: unknown): MillraceError => {
  if (MillraceError.is(error)) return error;
  const [why, hint] = explanations[codeOf(error)] ?? [
    error instanceof Error ? error.message : String(error),
    'Look at the directory and its disk.',
  ];
  return new MillraceError('io', `The store could not ${doing} ${key}: ${why}.`, {
    hint,
    where: { store: place, key },
    cause: error,
  });
};
