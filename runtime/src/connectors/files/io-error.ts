import { MillraceError } from '../../contract/errors.ts';

const causes: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOENT: ['it does not exist', 'Check the path; a relative one starts from the directory of the job.'],
  EACCES: ['permission denied', 'Give the user that runs the job access to it.'],
  EPERM: ['the operation is not permitted', 'Give the user that runs the job access to it.'],
  EEXIST: ['something else is there already', 'Choose another place, or move away what is there.'],
  ELOOP: ['its links lead in a circle', 'Correct the link.'],
  EISDIR: ['it is a directory', 'Name a file, or use a glob such as directory/*.ndjson.'],
  ENOTDIR: ['a part of its path is a file, not a directory', 'Check the path.'],
  ENOSPC: ['the disk is full', 'Free space on that disk, or write to another one; then start the job again.'],
  EDQUOT: ['the quota of the disk is used up', 'Raise the quota or free space; then start the job again.'],
  EROFS: ['the file system is read-only', 'Write to another directory, or mount it writable.'],
  EMFILE: ['too many files are open in this process', 'Raise the limit of open files (ulimit -n).'],
  ENFILE: ['too many files are open on this machine', 'Raise the limit of open files of the system.'],
  EIO: ['the disk reported an error', 'Check the disk.'],
};

/** An error of the platform as a sentence: what could not be done with which file, why, and what to do. */
export const ioError = (action: string, path: string, error: unknown): MillraceError => {
  if (error instanceof MillraceError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = Object.hasOwn(causes, code) ? causes[code] : undefined;
  const reason = known?.[0] ?? (error instanceof Error ? error.message : String(error));
  return new MillraceError('io', `Cannot ${action} ${path}: ${reason}.`, {
    hint: known?.[1] ?? 'See whether the path is right, and whether it may be read and written.',
    cause: error,
    where: { file: path, ...(code === '' ? {} : { code }) },
  });
};

/** Does something with a file and turns what the platform throws into a sentence. */
export const withFile = <R>(action: string, path: string, work: () => R): R => {
  try {
    return work();
  } catch (error) {
    throw ioError(action, path, error);
  }
};
