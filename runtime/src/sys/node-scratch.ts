import { rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ClassicLevel } from 'classic-level';
import type { Scratch, ScratchDatabase } from './scratch.ts';

type Level = ClassicLevel<Uint8Array, Uint8Array>;

const checksumBytes = 4;

/** LevelDB checks what it reads only when asked to, and this binding does not ask. */
const sealed = (value: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(checksumBytes + value.length);
  bytes.set(value, checksumBytes);
  new DataView(bytes.buffer).setUint32(0, crc32(value));
  return bytes;
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
    write: (entries) =>
      level.batch(entries.map(({ key, value }) => ({ type: 'put', key, value: sealed(value) }))),
    removeRange: (from, before) => level.clear({ gte: from, lt: before }),
    close: () => {
      closing ??= level.close().then(remove);
      return closing;
    },
  };
};

const open = async (directory: string): Promise<ScratchDatabase> => {
  // Loaded when the first database is opened: few jobs have one.
  const { ClassicLevel } = await import('classic-level');
  const remove = async (): Promise<void> => {
    await ClassicLevel.destroy(directory);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    // Refused while another process has it open, by the lock of LevelDB.
    await ClassicLevel.destroy(directory);
    const level: Level = new ClassicLevel(directory, { keyEncoding: 'view', valueEncoding: 'view' });
    await level.open();
    return wrap(level, remove);
  } catch (error) {
    throw asPlatform(error);
  }
};

/** LevelDB, by the package `classic-level`. */
export const nodeScratch: Scratch = { open };
