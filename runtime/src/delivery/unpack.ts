import { dirname, join } from 'node:path';
import { type Extract, extract } from 'tar-stream';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';

/** What an archive may hold. */
export interface UnpackLimits {
  readonly bytes: number;
  readonly files: number;
}

type Entry = Extract extends AsyncIterable<infer E> ? E : never;

type UnpackSystem = Pick<System, 'compression' | 'files'>;

const longestPath = 512;

const badArchive = (why: string, hint: string): MillraceError =>
  new MillraceError('job-invalid', `The bundle ${why}.`, { hint });

const tooMuch = ({ files, bytes }: UnpackLimits): MillraceError =>
  badArchive(
    `holds more than ${files} files or ${bytes / 1024 / 1024} MiB`,
    'Pack what the job imports only, or deliver it by an image.',
  );

/** Where in the folder an entry goes. @throws MillraceError when that would be elsewhere */
const insidePath = (path: string): string => {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const isOdd =
    path.startsWith('/') || parts.includes('..') || /[\\\0]/.test(path) || path.length > longestPath;
  if (!isOdd) return parts.join('/');
  throw badArchive(
    `holds ${JSON.stringify(path.slice(0, 100))}, which would lie outside of its folder or has no usual path`,
    'Pack paths relative to the folder of the code.',
  );
};

/** Gives the archive its bytes as they come out of the compression, no more at a time than it takes. */
const feed = async (
  { compression }: UnpackSystem,
  packed: Uint8Array,
  archive: Extract,
  limits: UnpackLimits,
): Promise<void> => {
  let onReady = (): void => undefined;
  let onRoom = (): void => undefined;
  const stream = compression.decompressor('gzip', () => onReady());
  for (const event of ['drain', 'close'] as const) archive.on(event, () => onRoom());
  try {
    stream.write(packed);
    stream.end();
    let bytes = 0;
    while (!stream.finished() && !archive.destroyed) {
      const isReady = new Promise<void>((resolve) => {
        onReady = resolve;
      });
      const hasRoom = new Promise<void>((resolve) => {
        onRoom = resolve;
      });
      const part = stream.read();
      bytes += part?.length ?? 0;
      // Headers and what fills blocks up count as well.
      if (bytes > limits.bytes + limits.files * 2048) throw tooMuch(limits);
      if (part === undefined) await isReady;
      else if (!archive.write(part)) await hasRoom;
    }
    archive.end(undefined);
  } finally {
    stream.close();
  }
};

const writeFile = async ({ files }: UnpackSystem, target: string, entry: Entry): Promise<void> => {
  files.makeDirectory(dirname(target));
  const file = files.open(target, 'write');
  try {
    for await (const bytes of entry) file.write(bytes as Uint8Array);
  } finally {
    file.close();
  }
};

/** Writes one entry. Links are refused: they could lead anywhere. */
const take = async (system: UnpackSystem, folder: string, entry: Entry): Promise<void> => {
  const { name, type } = entry.header;
  const inside = insidePath(name);
  const target = join(folder, inside);
  if (type === 'directory') {
    system.files.makeDirectory(target);
    for await (const _none of entry);
  } else if (type !== 'file' && type !== 'contiguous-file')
    throw badArchive(
      `holds ${name}, which is a ${type ?? 'strange thing'}`,
      'Put files and directories into it only: `tar -h` follows links.',
    );
  else if (inside === '') throw badArchive('holds a file without a name', 'Make it anew.');
  else await writeFile(system, target, entry);
};

/** Unpacks a .tar.gz into a folder. Resolves with how many files and directories it had. @throws MillraceError what is wrong with it */
export const unpack = async (
  system: UnpackSystem,
  packed: Uint8Array,
  folder: string,
  limits: UnpackLimits,
): Promise<number> => {
  const archive = extract();
  const fed = feed(system, packed, archive, limits).catch((error: unknown) => {
    archive.destroy(error as Error);
  });
  try {
    let files = 0;
    let bytes = 0;
    for await (const entry of archive) {
      bytes += entry.header.size ?? 0;
      if (++files > limits.files || bytes > limits.bytes) throw tooMuch(limits);
      await take(system, folder, entry);
    }
    await fed;
    return files;
  } catch (error) {
    if (MillraceError.is(error)) throw error;
    throw badArchive(`cannot be unpacked: ${(error as Error).message}`, 'It must be a .tar.gz file.');
  }
};
