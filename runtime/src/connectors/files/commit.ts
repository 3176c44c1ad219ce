import { dirname, resolve } from 'node:path';
import type { Committer, CommitterContext } from '../../api/connectors.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { FileSystem } from '../../sys/files.ts';
import { withFile } from './io-error.ts';
import { attemptOfHidden, hiddenPattern } from './names.ts';
import type { SealedPart } from './part.ts';
import type { FileSinkSettings } from './sink-options.ts';
import { syncDirectory, syncDirectoryNow } from './sync-directory.ts';

const lost = (part: SealedPart, found: string): MillraceError =>
  new MillraceError('output-lost', `The part ${part.to} can no longer be made visible: ${found}.`, {
    hint:
      'Do not touch hidden files (.….inprogress) in the directory of a file sink, and take visible ones away only when a later ' +
      'checkpoint is complete. If nobody has taken this part away, its records are lost.',
    where: { file: part.from },
  });

/** Whether a part has its visible name already. @throws MillraceError output-lost when it is not there any more or not whole. */
const isPublished = (files: FileSystem, part: SealedPart): boolean => {
  const sealed = withFile('look at', part.from, () => files.stat(part.from));
  const visible = withFile('look at', part.to, () => files.stat(part.to));
  if (sealed === undefined) {
    if (visible === undefined) throw lost(part, `${part.from} does not exist`);
    if (visible.sizeBytes !== part.sizeBytes)
      throw lost(part, `a file of ${visible.sizeBytes} bytes is in its place`);
    return true;
  }
  if (sealed.sizeBytes !== part.sizeBytes) {
    throw lost(part, `${part.from} has ${sealed.sizeBytes} bytes instead of ${part.sizeBytes}`);
  }
  if (visible !== undefined) throw lost(part, 'another file has taken its name');
  return false;
};

const publish = (files: FileSystem, part: SealedPart): void => {
  if (!isPublished(files, part)) withFile('rename', part.from, () => files.rename(part.from, part.to));
};

/** Gives a part that no checkpoint decides about its visible name. */
export const publishPart = (files: FileSystem, part: SealedPart): void => {
  publish(files, part);
  syncDirectoryNow(files, dirname(part.to));
};

/** Commits parts of any job: it needs no more than what the committable says. What is left behind is found by names. */
export const createPartCommitter = (
  settings: FileSinkSettings,
  { system: { files }, baseDirectory, owner }: CommitterContext,
): Committer<SealedPart> => ({
  commit: async (part) => {
    publish(files, part);
    // Also when the part was visible already: whoever renamed it may have ended before this.
    await syncDirectory(files, dirname(part.to));
  },
  abort: async (part) => withFile('remove', part.from, () => files.remove(part.from)),
  abortOlder: async (attempt) => {
    const directory = resolve(baseDirectory, settings.directory);
    const hidden = withFile('list', directory, () => files.glob(hiddenPattern(owner), directory));
    for (const path of hidden) {
      const before = attemptOfHidden(settings.prefix, path);
      if (before !== undefined && before < attempt) withFile('remove', path, () => files.remove(path));
    }
  },
});
