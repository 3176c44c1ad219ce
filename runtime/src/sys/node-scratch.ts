import { readdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ClassicLevel } from 'classic-level';
import type { Scratch, ScratchDatabase, ScratchEntry, ScratchPlace } from './scratch.ts';

type Level = ClassicLevel<Uint8Array, Uint8Array>;

const checksumBytes = 4;

/** Values with their checksums: LevelDB checks what it reads only when asked to, and this binding does not ask. */
const sealed = (entries: readonly ScratchEntry[]): readonly ScratchEntry[] => {
  const all = Buffer.allocUnsafeSlow(
    entries.reduce((sum, { value }) => sum + checksumBytes + value.length, 0),
  );
  let from = 0;
  return entries.map(({ key, value }) => {
    const start = from;
    all.writeUInt32BE(crc32(value), start);
    all.set(value, start + checksumBytes);
    from += checksumBytes + value.length;
    return { key, value: all.subarray(start, from) };
  });
};

const opened = (bytes: Uint8Array): Uint8Array => {
  const value = new Uint8Array(bytes.buffer, bytes.byteOffset + checksumBytes, bytes.length - checksumBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, checksumBytes);
  if (view.getUint32(0) === crc32(value)) return value;
  throw Object.assign(new Error('the checksum of a value does not match'), { code: 'LEVEL_CORRUPTION' });
};

/** LevelDB's own errors say what happened only in their cause. */
const asPlatform = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error;

const wrap = (level: Level, remove: () => Promise<void>): ScratchDatabase => {
  let closing: Promise<void> | undefined;
  return {
    get: (key) => {
      const bytes = level.getSync(key);
      return bytes === undefined ? undefined : opened(bytes);
    },
    write: (entries) => level.batch(sealed(entries).map(({ key, value }) => ({ type: 'put', key, value }))),
    removeRange: (from, before) => level.clear({ gte: from, lt: before }),
    close: () => {
      closing ??= level.close().then(remove);
      return closing;
    },
  };
};

/** Removes what is not in use: then the lock of LevelDB refuses it. */
const removeLeftovers = async (parent: string, isLeftover: (name: string) => boolean): Promise<void> => {
  const { ClassicLevel } = await import('classic-level');
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter(isLeftover)) {
    await ClassicLevel.destroy(join(parent, name)).catch(() => undefined);
  }
};

const open = async (
  { directory = join(tmpdir(), 'millrace'), owner, name }: ScratchPlace,
  isLeftover: (name: string) => boolean,
): Promise<ScratchDatabase> => {
  // Loaded when the first database is opened: few jobs have one.
  const { ClassicLevel } = await import('classic-level');
  const parent = join(directory, owner);
  const path = join(parent, name);
  await removeLeftovers(parent, isLeftover);
  const remove = async (): Promise<void> => {
    await ClassicLevel.destroy(path);
    // The last one takes the directory of its owner along.
    await rmdir(parent).catch(() => undefined);
  };
  try {
    const level: Level = new ClassicLevel(path, { keyEncoding: 'view', valueEncoding: 'view' });
    await level.open();
    return wrap(level, remove);
  } catch (error) {
    throw asPlatform(error);
  }
};

/** LevelDB, by the package `classic-level`. */
export const nodeScratch: Scratch = { open };
