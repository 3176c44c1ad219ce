/**
 * `checkpoint` makes the state of a job durable. A *store* keeps immutable objects under keys; the *log* of a job is one gapless
 * sequence of small entries in it, each written by put-if-absent; a *manifest* is the entry whose existence makes a checkpoint
 * exist; *state objects* hold the *units* of state of one slot, a *piece* of a key group say. Deciding is pure (`decide.ts`); only
 * stores do I/O.
 */

/** What is known of an object without reading it. */
export interface ObjectStatus {
  readonly key: string;
  readonly sizeBytes: number;
  /** By the clock of the store, in ms since the epoch. Nothing that must be right may depend on it. */
  readonly modifiedMs: number;
}

/**
 * Immutable objects under keys such as `jobs/<uid>/log/7`: parts of letters, digits, `.`, `-`, `_` between slashes, none of which
 * begins with `.` or `-`, 480 characters at most (`stores/keys.ts`). No key goes on where another ends: beside `a/b` there is no
 * `a`. Each call is tried again within a budget when the store does not answer; what rejects is a `MillraceError` (io) that names
 * the store, the key and the next step.
 */
export interface ObjectStore {
  /** Where it is, for messages: a directory, or an endpoint with bucket and prefix. Never with credentials. */
  readonly place: string;
  /** Writes an object whose key nobody else uses; an object of that key is replaced. Durable when it resolves. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Writes an object unless there is one. `exists` = another writer's object is there. When the answer of the store was lost the object is read
   * back: bytes equal to ours are ours, so whoever must tell writers apart puts the writer into the bytes.
   */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<'written' | 'exists'>;
  /** The whole object; undefined = there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The bytes from `offset` on; undefined = there is no such object. @throws MillraceError state-damaged when it is shorter. */
  getRange(key: string, offset: number, length: number): Promise<Uint8Array | undefined>;
  /** All objects whose key begins with the prefix, sorted by key. Sees every write that resolved before the call. */
  list(prefix: string): Promise<readonly ObjectStatus[]>;
  /** Removes objects; those that are not there are fine. */
  remove(keys: readonly string[]): Promise<void>;
  /** Copies within the store, on the side of the store where it can. */
  copy(from: string, to: string): Promise<void>;
  /** Gives connections back. Twice is harmless. */
  close(): Promise<void>;
}
