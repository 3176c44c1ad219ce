import { KeyIndex } from '../../state/key-index.ts';
import type { MemoryAccount } from '../../state/memory-account.ts';

/** What `find` gives for a key that is not there: any value, undefined too, may have been found outside. */
export const notCached: unique symbol = Symbol('not cached');

const none = -1;

/**
 * What was found outside, by key: at most `size` keys, each for `forMs` at most; when it is full the key that was not asked
 * for the longest goes. Keys are any values of the value domain. Rows of the key index form a list from the key asked for
 * last (`newest`) to the one to go next (`oldest`).
 */
export class LookupCache {
  private readonly index: KeyIndex;
  private readonly size: number;
  private readonly forMs: number;
  private readonly values: unknown[] = [];
  /** When each row stops being valid, in ms since the epoch. */
  private readonly untilMs: number[] = [];
  private readonly newer: number[] = [];
  private readonly older: number[] = [];
  private newest = none;
  private oldest = none;

  constructor(size: number, forMs: number, account?: MemoryAccount) {
    this.index = new KeyIndex(account);
    this.size = size;
    this.forMs = forMs;
  }

  /** Keys held, also those whose time is over but which nobody asked for since. */
  get count(): number {
    return this.index.size;
  }

  /** The value for a key, or `notCached`. */
  find(key: unknown, hash: number, nowMs: number): unknown {
    const row = this.index.find(key, hash);
    if (row < 0) return notCached;
    if (nowMs >= this.untilMs[row]!) {
      this.remove(row);
      return notCached;
    }
    if (row !== this.newest) {
      this.unlink(row);
      this.linkNewest(row);
    }
    return this.values[row];
  }

  put(key: unknown, hash: number, value: unknown, nowMs: number): void {
    if (this.size === 0) return;
    const known = this.index.find(key, hash);
    if (known >= 0) this.unlink(known);
    else if (this.index.size >= this.size) this.remove(this.oldest);
    const row = known >= 0 ? known : this.index.findOrInsert(key, hash);
    this.values[row] = value;
    this.untilMs[row] = nowMs + this.forMs;
    this.linkNewest(row);
  }

  private remove(row: number): void {
    this.unlink(row);
    this.values[row] = undefined;
    this.index.remove(row);
  }

  private linkNewest(row: number): void {
    this.older[row] = this.newest;
    this.newer[row] = none;
    if (this.newest === none) this.oldest = row;
    else this.newer[this.newest] = row;
    this.newest = row;
  }

  private unlink(row: number): void {
    const newer = this.newer[row]!;
    const older = this.older[row]!;
    if (newer === none) this.newest = older;
    else this.older[newer] = older;
    if (older === none) this.oldest = newer;
    else this.newer[older] = newer;
  }
}
