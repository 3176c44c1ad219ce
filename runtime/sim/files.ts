import { dirname } from 'node:path';
import type { FileStatus, FileSystem, OpenFile } from '../src/sys/files.ts';
import { diskError, type Inode, type SimulatedDisk } from './disk.ts';
import type { SimulatedProcess } from './process.ts';

const silentStatus: FileStatus = { sizeBytes: 0, modifiedMs: 0, identity: '', directory: false };

/** What a dead process holds instead of an open file. */
const silentFile: OpenFile = {
  read: () => 0,
  write: () => undefined,
  sync: () => undefined,
  syncSoon: () => new Promise(() => undefined),
  status: () => silentStatus,
  close: () => undefined,
};

/** A disk as one process sees it: each call has a number and may fail, or be the last that the process makes. */
export const simulatedFiles = (process: SimulatedProcess, disk: SimulatedDisk): FileSystem => {
  const { world } = process;
  const now = <T>(what: string, path: string, effect: (torn: boolean) => T, silence: T): T =>
    process.callNow(`disk.${what}`, path, effect, () => diskError('EIO', path), silence);

  const status = ({ identity, content, modifiedMs }: Inode): FileStatus => ({
    sizeBytes: content.length,
    modifiedMs,
    identity,
    directory: false,
  });

  const opened = (inode: Inode, path: string): OpenFile => ({
    read: (target, offset, length, position) => {
      if (!process.alive) return 0;
      const bytes = inode.content.subarray(position, position + length);
      target.set(bytes, offset);
      return bytes.length;
    },
    write: (bytes) =>
      now(
        'write',
        `${path} (${bytes.length} bytes)`,
        (torn) => disk.write(inode, torn ? bytes.subarray(0, bytes.length >> 1) : bytes, world.wallMs),
        undefined,
      ),
    sync: () => now('sync', path, () => disk.sync(inode), undefined),
    syncSoon: () =>
      process.call(
        'disk.sync',
        path,
        () => disk.sync(inode),
        () => diskError('EIO', path),
      ),
    status: () => status(inode),
    close: () => undefined,
  });

  const open = (path: string, mode: 'read' | 'append' | 'write'): OpenFile => {
    if (mode === 'read') return opened(disk.inode(path), path);
    if (disk.entry(path) === undefined) disk.link(disk.create(world.wallMs), path);
    const inode = disk.inode(path);
    if (mode === 'write') inode.content = new Uint8Array(0);
    return opened(inode, path);
  };

  return {
    open: (path, mode) => now('open', `${path} to ${mode}`, () => open(path, mode), silentFile),
    openTemporary: () => (process.alive ? opened(disk.create(world.wallMs), 'a temporary file') : silentFile),
    stat: (path) => {
      const entry = process.alive ? disk.entry(path) : undefined;
      if (entry === 'directory') return { ...silentStatus, identity: path, directory: true };
      return entry === undefined ? undefined : status(entry);
    },
    readText: (path) => now('read', path, () => new TextDecoder().decode(disk.inode(path).content), ''),
    list: (directory) => now('list', directory, () => disk.list(directory), []),
    makeDirectory: (path) => now('makeDirectory', path, () => disk.makeDirectory(path), undefined),
    rename: (from, to) => now('rename', `${from} to ${to}`, () => disk.rename(from, to), undefined),
    remove: (path) => now('remove', path, () => disk.remove(path), undefined),
    glob: (pattern) => {
      const directory = dirname(pattern);
      return now('list', pattern, () => disk.paths().filter((path) => dirname(path) === directory), []);
    },
  };
};
