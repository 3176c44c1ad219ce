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

/** Where a database lies. */
export interface ScratchPlace {
  /** An absolute path; absent = where the machine keeps temporary files. */
  readonly directory: string | undefined;
  /** Whose databases lie beside each other. */
  readonly owner: string;
  /** No other database of the owner ever has it. */
  readonly name: string;
}

export interface Scratch {
  /**
   * A new, empty database. Those of the same owner that are left over, and are in nobody's use, are removed first. Rejects when the
   * directory cannot be written.
   */
  open(place: ScratchPlace, isLeftover: (name: string) => boolean): Promise<ScratchDatabase>;
}
