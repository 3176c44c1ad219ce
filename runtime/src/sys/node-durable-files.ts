import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DirectoryEntry, DurableFiles } from './durable-files.ts';

const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  codes.includes(String((error as { readonly code?: unknown } | undefined)?.code));

/** Undefined in place of a rejection that says that something is not there. */
const ifThere = <Value>(promise: Promise<Value>): Promise<Value | undefined> =>
  promise.catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });

const withFile = async <Value>(
  path: string,
  flags: number | string,
  use: (file: fs.FileHandle) => Promise<Value>,
): Promise<Value> => {
  const file = await fs.open(path, flags, 0o644);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
};

const create = (path: string, bytes: Uint8Array): Promise<void> =>
  withFile(path, 'wx', async (file) => {
    await file.writeFile(bytes);
    await file.sync();
  });

const readOpen = async (file: fs.FileHandle, offset: number, length: number): Promise<Uint8Array> => {
  const { size } = await file.stat();
  const target = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return target.subarray(0, filled);
};

const read = (path: string, offset = 0, length = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> =>
  ifThere(
    withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW, (file) => readOpen(file, offset, length)),
  );

const syncDirectory = (path: string): Promise<void> => withFile(path, 'r', (directory) => directory.sync());

const makeDirectory = async (path: string): Promise<void> => {
  try {
    await fs.mkdir(path);
  } catch (error) {
    // The name may be another's of this moment; that it lasts is wanted all the same.
    if (hasCode(error, 'EEXIST') && (await fs.stat(path)).isDirectory()) return;
    if (!hasCode(error, 'ENOENT')) throw error;
    await makeDirectory(dirname(path));
    return makeDirectory(path);
  }
  await syncDirectory(dirname(path));
};

const removeEmptyDirectory = async (path: string): Promise<void> => {
  try {
    await fs.rmdir(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  }
};

const describe = async (directory: string, name: string): Promise<DirectoryEntry | undefined> => {
  const stats = await ifThere(fs.lstat(join(directory, name)));
  if (stats === undefined || !(stats.isFile() || stats.isDirectory())) return undefined;
  return { name, directory: stats.isDirectory(), sizeBytes: stats.size, modifiedMs: stats.mtimeMs };
};

const list = async (directory: string): Promise<readonly DirectoryEntry[] | undefined> => {
  const names = await ifThere(fs.readdir(directory));
  if (names === undefined) return undefined;
  const entries = await Promise.all(names.map((name) => describe(directory, name)));
  return entries.filter((entry) => entry !== undefined);
};

/** The real disk. */
export const nodeDurableFiles: DurableFiles = {
  create,
  read,
  link: (from, to) => fs.link(from, to),
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.rm(path, { force: true }),
  makeDirectory,
  removeEmptyDirectory,
  syncDirectory,
  list,
  realPath: (path) => ifThere(fs.realpath(path)),
};
