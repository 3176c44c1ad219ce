import { dirname, resolve } from 'node:path';
import { MillraceError } from '../../contract/errors.ts';
import type { CompressionFormat } from '../../sys/compression.ts';
import type { FileStatus, FileSystem } from '../../sys/files.ts';
import { withFile } from './io-error.ts';
import type { FilesSettings } from './options.ts';

export interface FoundFile {
  readonly path: string;
  readonly status: FileStatus;
}

const isGlob = (pattern: string): boolean => /[*?[\]{}]/.test(pattern);

/** The part of a pattern before its first wildcard, as a directory. */
const fixedDirectory = (pattern: string, base: string): string => {
  const fixed = /^[^*?[\]{}]*/.exec(pattern)?.[0] ?? '';
  return resolve(base, fixed.slice(0, fixed.lastIndexOf('/') + 1) || '.');
};

const nothingFound = (pattern: string, directory: string, files: FileSystem): MillraceError => {
  const where = { pattern, directory };
  if (files.stat(directory)?.directory !== true) {
    return new MillraceError('io', `No file matches ${pattern}: the directory ${directory} does not exist.`, {
      hint: 'Check the path; a relative one starts from the directory of the job.',
      where,
    });
  }
  return new MillraceError('io', `No file matches ${pattern} in the directory ${directory}.`, {
    hint: 'Check the pattern: * stays within one directory, ** crosses them. With follow, files may come later.',
    where,
  });
};

const findOne = (path: string, pattern: string, files: FileSystem, required: boolean): FoundFile[] => {
  const status = withFile('look at', path, () => files.stat(path));
  if (status === undefined) {
    if (!required) return [];
    throw new MillraceError('io', `The file ${path} does not exist.`, {
      hint: 'Check the path; a relative one starts from the directory of the job.',
      where: { file: path, pattern },
    });
  }
  if (status.directory) {
    throw new MillraceError('io', `${path} is a directory, not a file.`, {
      hint: `Use a glob, for example ${pattern.replace(/\/$/, '')}/*.ndjson.`,
      where: { file: path },
    });
  }
  return [{ path, status }];
};

const expand = (pattern: string, base: string, files: FileSystem, required: boolean): FoundFile[] => {
  if (!isGlob(pattern)) return findOne(resolve(base, pattern), pattern, files, required);
  const directory = fixedDirectory(pattern, base);
  const found: FoundFile[] = [];
  for (const path of withFile('list', directory, () => files.glob(pattern, base))) {
    const status = withFile('look at', path, () => files.stat(path));
    if (status !== undefined && !status.directory) found.push({ path, status });
  }
  if (found.length === 0 && required) throw nothingFound(pattern, directory, files);
  return found;
};

/**
 * The files that the patterns name, sorted, each once. Directories that a glob matches are passed over.
 * @throws MillraceError io when `required` and a pattern names nothing, or when a path is a directory.
 */
export const findFiles = (
  patterns: readonly string[],
  base: string,
  files: FileSystem,
  required: boolean,
): readonly FoundFile[] => {
  const byPath = new Map<string, FoundFile>();
  for (const pattern of patterns) {
    for (const file of expand(pattern, base, files, required)) byPath.set(file.path, file);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
};

/**
 * Whether files may come to where the patterns look for them.
 * @throws MillraceError io when a directory does not exist.
 */
export const checkDirectories = (patterns: readonly string[], base: string, files: FileSystem): void => {
  for (const pattern of patterns) {
    const directory = fixedDirectory(pattern, base);
    if (files.stat(directory)?.directory !== true) throw nothingFound(pattern, directory, files);
  }
};

const magicNumbers: readonly (readonly [CompressionFormat, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/**
 * How a file is compressed; `auto` goes by its first bytes, with which no text begins.
 * @throws MillraceError io when the file cannot be opened for reading, so that a job notices before it starts.
 */
export const compressionOf = (
  path: string,
  files: FileSystem,
  setting: FilesSettings['compression'],
): 'none' | CompressionFormat =>
  withFile('read', path, () => {
    const file = files.open(path, 'read');
    try {
      if (setting !== 'auto') return setting;
      const first = new Uint8Array(4);
      const length = file.read(first, 0, first.length, 0);
      const known = magicNumbers.find(
        ([, magic]) => magic.length <= length && magic.every((byte, i) => first[i] === byte),
      );
      return known?.[0] ?? 'none';
    } finally {
      file.close();
    }
  });

/** Where a file that was renamed is now, within its directory. */
export const findByIdentity = (path: string, identity: string, files: FileSystem): string | undefined => {
  if (files.stat(path)?.identity === identity) return path;
  const directory = dirname(path);
  if (files.stat(directory)?.directory !== true) return undefined;
  return files
    .list(directory)
    .map((name) => resolve(directory, name))
    .find((candidate) => files.stat(candidate)?.identity === identity);
};
