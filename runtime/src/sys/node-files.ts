import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FileStatus, FileSystem, OpenFile } from './files.ts';

const flags = { read: 'r', append: 'a', write: 'w' } as const;

const toStatus = (stats: fs.Stats): FileStatus => ({
  sizeBytes: stats.size,
  modifiedMs: stats.mtimeMs,
  // Inodes are used again; with the time of birth, where the disk knows it, they name one file for ever.
  identity: `${stats.dev}:${stats.ino}:${stats.birthtimeMs}`,
  directory: stats.isDirectory(),
});

const open = (path: string, mode: 'read' | 'append' | 'write'): OpenFile =>
  openFile(fs.openSync(path, flags[mode]));

const openTemporary = (): OpenFile => {
  const directory = fs.mkdtempSync(join(tmpdir(), 'millrace-'));
  try {
    return openFile(fs.openSync(join(directory, 'data'), 'wx+'));
  } finally {
    // What is open stays until it is closed; the name is not needed.
    fs.rmSync(directory, { recursive: true, force: true });
  }
};

const openFile = (descriptor: number): OpenFile => {
  return {
    read: (target, offset, length, position) => fs.readSync(descriptor, target, offset, length, position),
    write: (bytes) => {
      for (let written = 0; written < bytes.length; ) {
        written += fs.writeSync(descriptor, bytes, written, bytes.length - written);
      }
    },
    sync: () => fs.fsyncSync(descriptor),
    syncSoon: () =>
      new Promise((resolve, reject) => fs.fsync(descriptor, (error) => (error ? reject(error) : resolve()))),
    status: () => toStatus(fs.fstatSync(descriptor)),
    close: () => fs.closeSync(descriptor),
  };
};

/** The real disk. */
export const nodeFiles: FileSystem = {
  open,
  openTemporary,
  stat: (path) => {
    const stats = fs.statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? undefined : toStatus(stats);
  },
  readText: (path) => fs.readFileSync(path, 'utf8'),
  list: (directory) => fs.readdirSync(directory).sort(),
  makeDirectory: (path) => void fs.mkdirSync(path, { recursive: true }),
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  glob: (pattern, base) =>
    fs
      .globSync(pattern, { cwd: base })
      .map((path) => resolve(base, path))
      .sort(),
};
