import type { FileSystem, OpenFile } from '../../sys/files.ts';

/** Some systems do not let directories be opened: a name is there then, and only its surviving a power cut is not certain. */
const openDirectory = (files: FileSystem, path: string): OpenFile | undefined => {
  try {
    return files.open(path, 'read');
  } catch {
    return undefined;
  }
};

/** Makes the names in a directory durable, off this thread. */
export const syncDirectory = async (files: FileSystem, path: string): Promise<void> => {
  const directory = openDirectory(files, path);
  try {
    await directory?.syncSoon();
  } catch {
    // The same as above.
  } finally {
    directory?.close();
  }
};

/** The same before it returns. */
export const syncDirectoryNow = (files: FileSystem, path: string): void => {
  const directory = openDirectory(files, path);
  try {
    directory?.sync();
  } catch {
    // The same as above.
  } finally {
    directory?.close();
  }
};
