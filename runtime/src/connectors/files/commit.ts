import { dirname } from 'node:path';
import type { Committer } from '../../api/connectors.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { FileSystem } from '../../sys/files.ts';
import { ioError, withFile } from './io-error.ts';
import type { SealedPart } from './part.ts';

/** Makes a rename durable where the disk can: some systems do not let directories be opened. */
const syncDirectory = (files: FileSystem, path: string): void => {
  try {
    const directory = files.open(path, 'read');
    try {
      directory.sync();
    } finally {
      directory.close();
    }
  } catch {
    // The name is there; only its surviving a power cut is not certain.
  }
};

const lost = (part: SealedPart, found: string): MillraceError =>
  new MillraceError('io', `The part ${part.to} can no longer be made visible: ${found}.`, {
    hint: 'Do not touch hidden files (.….inprogress) in the directory of a file sink. The records of this part are lost.',
    where: { file: part.from },
  });

/**
 * Gives a part its visible name. Doing it again is harmless.
 * @throws MillraceError io when the part is not there any more or not whole.
 */
export const publishPart = (files: FileSystem, part: SealedPart): void => {
  const sealed = withFile('look at', part.from, () => files.stat(part.from));
  if (sealed === undefined) {
    const visible = withFile('look at', part.to, () => files.stat(part.to));
    if (visible === undefined) throw lost(part, `${part.from} does not exist`);
    if (visible.sizeBytes !== part.sizeBytes)
      throw lost(part, `a file of ${visible.sizeBytes} bytes is in its place`);
    return;
  }
  if (sealed.sizeBytes !== part.sizeBytes) {
    throw lost(part, `${part.from} has ${sealed.sizeBytes} bytes instead of ${part.sizeBytes}`);
  }
  if (files.stat(part.to) !== undefined) throw lost(part, 'another file has taken its name');
  withFile('rename', part.from, () => files.rename(part.from, part.to));
  syncDirectory(files, dirname(part.to));
};

/** Commits parts of any job: it needs no more than what the committable says. */
export const createPartCommitter = (files: FileSystem): Committer<SealedPart> => ({
  commit: async (part) => publishPart(files, part),
  abort: async (part) => {
    try {
      files.remove(part.from);
    } catch (error) {
      throw ioError('remove', part.from, error);
    }
  },
});
