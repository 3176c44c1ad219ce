/** The part of a file system that Millrace uses. Paths are absolute. All errors are the platform's own, with `code`. */
export interface FileSystem {
  open(path: string, mode: 'read' | 'append' | 'write'): OpenFile;
  /** A new file without a name, to write and to read: it is gone when it is closed, and when the process ends in any way. */
  openTemporary(): OpenFile;
  stat(path: string): FileStatus | undefined;
  readText(path: string): string;
  list(directory: string): readonly string[];
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Absolute paths that match a glob, sorted; `base` is the directory that a relative pattern starts from. */
  glob(pattern: string, base: string): readonly string[];
}

export interface FileStatus {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Identity of the file behind the name: a rotated log has the same name and another identity, a renamed file keeps it. */
  readonly identity: string;
  readonly directory: boolean;
}

/** An open file. Reads and writes are synchronous: they are page-cache copies in the hot loop, cheaper than a promise. */
export interface OpenFile {
  /** Reads into `target` from the byte `position`; returns the bytes read, 0 at the end. */
  read(target: Uint8Array, offset: number, length: number, position: number): number;
  write(bytes: Uint8Array): void;
  /** Makes everything written so far durable. */
  sync(): void;
  /** The same off the caller's thread. */
  syncSoon(): Promise<void>;
  status(): FileStatus;
  close(): void;
}
