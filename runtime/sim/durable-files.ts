import { dirname } from 'node:path';
import type { DurableFiles } from '../src/sys/durable-files.ts';
import { diskError, type SimulatedDisk } from './disk.ts';
import type { SimulatedProcess } from './process.ts';

/** The durable files of a disk as one process sees them: each step is a numbered call, and what was not synced may be lost. */
export const simulatedDurableFiles = (process: SimulatedProcess, disk: SimulatedDisk): DurableFiles => {
  const { world } = process;
  const call = <T>(what: string, path: string, effect: (torn: boolean) => T): Promise<T> => {
    const { powerLosses } = disk;
    const withPower = (torn: boolean): T => {
      if (disk.powerLosses !== powerLosses) throw diskError('EIO', path);
      return effect(torn);
    };
    return process.call(`disk.${what}`, path, withPower, () => diskError('EIO', path));
  };

  /** A file is written and synced; when that is torn, a part of it is there and nobody has waited for the disk. */
  const create = (path: string, bytes: Uint8Array, torn: boolean): void => {
    const inode = disk.create(world.wallMs);
    disk.link(inode, path);
    disk.write(inode, torn ? bytes.subarray(0, bytes.length >> 1) : bytes, world.wallMs);
    if (!torn) disk.sync(inode);
  };

  const makeDirectory = (path: string): void => {
    disk.makeDirectory(path);
    for (let at = path; at !== '/'; at = dirname(at)) disk.syncDirectory(dirname(at));
  };

  const list: DurableFiles['list'] = (directory) =>
    call('list', directory, () => {
      if (disk.entry(directory) === undefined) return undefined;
      return disk.list(directory).map((name) => {
        const entry = disk.entry(directory === '/' ? `/${name}` : `${directory}/${name}`);
        if (entry === undefined || entry === 'directory')
          return { name, directory: true, sizeBytes: 0, modifiedMs: 0 };
        const { content, modifiedMs } = entry;
        return { name, directory: false, sizeBytes: content.length, modifiedMs };
      });
    });

  return {
    create: (path, bytes) => {
      const copied = bytes.slice();
      return call('create', path, (torn) => create(path, copied, torn));
    },
    read: (path, offset = 0, length = Infinity) =>
      call('read', path, () =>
        disk.entry(path) === undefined ? undefined : disk.inode(path).content.slice(offset, offset + length),
      ),
    link: (from, to) => call('link', `${from} to ${to}`, () => disk.link(disk.inode(from), to)),
    rename: (from, to) => call('rename', `${from} to ${to}`, () => disk.rename(from, to)),
    remove: (path) => call('remove', path, () => disk.remove(path)),
    makeDirectory: (path) => call('makeDirectory', path, () => makeDirectory(path)),
    removeEmptyDirectory: (path) => call('removeDirectory', path, () => disk.removeEmptyDirectory(path)),
    syncDirectory: (path) => call('syncDirectory', path, () => disk.syncDirectory(path)),
    list,
    realPath: (path) => call('realPath', path, () => (disk.entry(path) === undefined ? undefined : path)),
  };
};
