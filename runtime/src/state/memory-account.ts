/** What is to happen when an account asks for more bytes than the budget has left: throws. */
export type MemoryRefusal = (account: MemoryAccount, bytes: number) => never;

/** All typed arrays of one slot together may take so many bytes. */
export interface MemoryLimit {
  readonly bytes: number;
  readonly refuse: MemoryRefusal;
}

/** What an account belongs to, by name: task, transform, state. */
export type MemoryOwner = Readonly<Record<string, string | number>>;

/**
 * Counts the typed arrays of state, which no limit of V8 sees. Whoever holds arrays counts them where they grow, before the
 * memory is taken, so that counting costs a record nothing. Accounts form a tree: what is counted in one is counted in all
 * above it, and at the top stands the limit. Values on the heap are not counted: those V8 does see.
 */
export class MemoryAccount {
  /** What is counted here and in the accounts opened under it. */
  usedBytes = 0;
  readonly owner: MemoryOwner;
  private readonly parent: MemoryAccount | undefined;
  private readonly limit: MemoryLimit | undefined;

  /** An account at the top; without a limit it only counts. */
  constructor(limit?: MemoryLimit, owner: MemoryOwner = {}, parent?: MemoryAccount) {
    this.limit = limit ?? parent?.limit;
    this.owner = owner;
    this.parent = parent;
  }

  /** An account for a part of what this one counts. */
  open(part: MemoryOwner = {}): MemoryAccount {
    return new MemoryAccount(undefined, { ...this.owner, ...part }, this);
  }

  /** Counts memory about to be taken. Throws what the limit says when it is too much; nothing is counted then. */
  grow(bytes: number): void {
    if (this.limit !== undefined && this.totalBytes() + bytes > this.limit.bytes)
      this.limit.refuse(this, bytes);
    this.add(bytes);
  }

  shrink(bytes: number): void {
    this.add(-bytes);
  }

  /** A new array is about to take the place of an old one: while the old one is copied, both are there. */
  replace(oldBytes: number, newBytes: number): void {
    this.grow(newBytes);
    this.add(-oldBytes);
  }

  /** All that is counted here is gone, and so are the accounts opened under this one. It may be used anew. */
  close(): void {
    this.add(-this.usedBytes);
  }

  /** What is counted in the whole tree. */
  totalBytes(): number {
    return this.parent?.totalBytes() ?? this.usedBytes;
  }

  private add(bytes: number): void {
    this.usedBytes += bytes;
    for (let above = this.parent; above !== undefined; above = above.parent) above.usedBytes += bytes;
  }
}
