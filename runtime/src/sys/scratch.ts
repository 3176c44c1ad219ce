/** A value to be kept under a key. */
export interface ScratchEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Bytes by key on the disk of this machine, for what its process can do without after a crash: nothing of it is ever read by another one.
 * All errors are the platform's own, with `code`.
 */
export interface ScratchDatabase {
  /**
   * What was written last, a copy; undefined = nothing. Synchronous like reads of files: mostly from memory, and cheaper than a promise.
   * @throws when the bytes are not those that were written.
   */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Writes off the caller's thread. One call at a time; entries must not change until it is settled. Later reads see them. */
  write(entries: readonly ScratchEntry[]): Promise<void>;
  /** Forgets all keys from one on, in order of bytes, to before another. Nobody may read or write them meanwhile. */
  removeRange(from: Uint8Array, before: Uint8Array): Promise<void>;
  /** Closes it, and removes it from disk. Twice is harmless. */
  close(): Promise<void>;
}

export interface Scratch {
  /**
   * An empty database in a directory of its own, whose name is an absolute path; what another process left there is removed first.
   * Rejects when the directory cannot be written, or is in use.
   */
  open(directory: string): Promise<ScratchDatabase>;
}
