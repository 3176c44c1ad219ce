import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Why no file system of a limited size can be had here; undefined = it can. */
export const noSmallDisk = (): string | undefined =>
  process.getuid?.() === 0 ? undefined : 'mounting a file system of a limited size needs root: sudo gets it';

/** A directory that holds no more than a few MiB. */
export interface SmallDisk {
  /** Takes all the room that is left. */
  fill(): void;
  makeRoom(): void;
  remove(): void;
}

const chunkBytes = 4096;

export const mountSmallDisk = (path: string, sizeMebibytes: number): SmallDisk => {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMebibytes}m`, 'none', path]);
  const filler = join(path, '.filler');
  const chunk = new Uint8Array(chunkBytes);
  return {
    fill: () => {
      const file = openSync(filler, 'a');
      try {
        for (;;) writeSync(file, chunk);
      } catch (error) {
        if ((error as { readonly code?: unknown }).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => rmSync(filler, { force: true }),
    remove: () => void execFileSync('umount', [path]),
  };
};
