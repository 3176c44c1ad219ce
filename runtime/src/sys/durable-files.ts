/**
 * Files that must outlast the machine's power, and the steps that make them so. All work is done off the caller's thread: files may be
 * large and a disk slow. Paths are absolute; errors are the platform's own, with `code`. Symbolic links are never followed
 * by the last part of a path.
 */
export interface DurableFiles {
  /** Makes a file that must not be there yet, writes it and waits until the disk has it. Its name may need `syncDirectory`. */
  create(path: string, bytes: Uint8Array): Promise<void>;
  /** Up to `length` bytes from `offset` on, all by default; undefined = there is no such file. */
  read(path: string, offset?: number, length?: number): Promise<Uint8Array | undefined>;
  /** A second name for a file. @throws EEXIST when the name is taken, by whomever. */
  link(from: string, to: string): Promise<void>;
  /** Moves a file to a name, in one step, in place of what was there. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a name; one that is not there is fine. */
  remove(path: string): Promise<void>;
  /** Makes a directory and those above it, with durable names. */
  makeDirectory(path: string): Promise<void>;
  /** Removes a directory if it is empty; otherwise, or if there is none, nothing happens. */
  removeEmptyDirectory(path: string): Promise<void>;
  /** Waits until the disk has the names that are in a directory now. */
  syncDirectory(path: string): Promise<void>;
  /** What is in a directory, in any order; undefined = there is none. Symbolic links and devices are left out. */
  list(directory: string): Promise<readonly DirectoryEntry[] | undefined>;
  /** The path without symbolic links; undefined = there is nothing of that name. */
  realPath(path: string): Promise<string | undefined>;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly directory: boolean;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}
