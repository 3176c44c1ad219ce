import { grownIntegers, grownLength } from './capacity.ts';
import type { StateColumn } from './columns.ts';
import { DirtyPages } from './dirty-pages.ts';
import { KeyIndex } from './key-index.ts';
import { MemoryAccount } from './memory-account.ts';

/** What held more rows, or timers, than this gives its memory back when the last one goes. */
export const worthFreeing = 1024;

/** A key that was removed, and when. */
export interface Tombstone {
  readonly key: unknown;
  readonly hash: number;
  readonly epoch: number;
}

/**
 * The keyed state of one key group: the index of its keys, a column for each state, and in which epoch each page of rows was
 * last written. A row lives as long as some column has something for it, or a timer points at it.
 */
export class KeyGroup {
  readonly number: number;
  index: KeyIndex;
  /** Counts all of the group but its timers. */
  readonly account: MemoryAccount;
  /** By number of the state. */
  readonly columns: StateColumn[] = [];
  /** Keys removed since the tombstones were last dropped; absent when nobody asks for changes. */
  tombstones: Tombstone[] | undefined;
  /** Columns have room for so many rows. */
  private capacity = 0;
  private readonly pages: DirtyPages;
  private readonly indexAccount: MemoryAccount;
  /** Timers by row; absent while there are none. */
  private timerCounts: Int32Array | undefined;

  constructor(number: number, tracksRemovals: boolean, account: MemoryAccount = new MemoryAccount()) {
    this.number = number;
    this.account = account;
    this.indexAccount = account.open({ state: 'keys' });
    this.index = new KeyIndex(this.indexAccount);
    this.pages = new DirtyPages(account);
    this.tombstones = tracksRemovals ? [] : undefined;
  }

  /** Adds the column of the next state. */
  addColumn(column: StateColumn): void {
    column.grow(this.capacity);
    this.columns.push(column);
  }

  /** The row of a key, made without any state if there is none. */
  createRow(key: unknown, hash: number): number {
    const row = this.index.findOrInsert(key, hash);
    if (row >= this.capacity) this.grow(row + 1);
    return row;
  }

  /** Notes that a row is written in this epoch. */
  touch(row: number, epoch: number): void {
    this.pages.touch(row, epoch);
  }

  /** The next row on a page that was written later than this epoch; −1 at the end. Start with −1. */
  nextDirtyRow(after: number, epoch: number): number {
    return this.pages.nextRow(this.index, after, epoch);
  }

  /** A timer points at the row: it stays. */
  pin(row: number): void {
    this.timerCounts ??= this.newTimerCounts();
    this.timerCounts[row]! += 1;
  }

  unpin(row: number): void {
    this.timerCounts![row]! -= 1;
  }

  isEmpty(row: number): boolean {
    if (this.timerCounts !== undefined && this.timerCounts[row] !== 0) return false;
    for (const column of this.columns) if (column.has(row)) return false;
    return true;
  }

  /** Removes the key of a row that holds nothing any more. Returns whether it did. */
  releaseIfEmpty(row: number, epoch: number): boolean {
    if (!this.index.has(row) || !this.isEmpty(row)) return false;
    if (this.tombstones !== undefined) {
      const [key, hash] = [this.index.keyAt(row), this.index.hashAt(row)];
      this.tombstones.push({ key, hash, epoch });
    }
    this.index.remove(row);
    if (this.index.size === 0 && this.capacity > worthFreeing) this.free();
    return true;
  }

  forgetRemovals(throughEpoch: number): void {
    this.tombstones = this.tombstones?.filter(({ epoch }) => epoch > throughEpoch);
  }

  memoryBytes(): number {
    let bytes = this.index.memoryBytes() + this.pages.memoryBytes() + (this.timerCounts?.byteLength ?? 0);
    for (const column of this.columns) bytes += column.memoryBytes();
    return bytes;
  }

  private newTimerCounts(): Int32Array {
    this.account.grow(this.capacity * 4);
    return new Int32Array(this.capacity);
  }

  private grow(rowCount: number): void {
    this.capacity = grownLength(this.capacity, rowCount);
    for (const column of this.columns) column.grow(this.capacity);
    if (this.timerCounts !== undefined) {
      this.timerCounts = grownIntegers(this.timerCounts, this.capacity, this.account);
    }
    this.pages.grow(this.capacity);
  }

  /** All rows are gone: so may be the memory. */
  private free(): void {
    this.capacity = 0;
    this.indexAccount.close();
    this.index = new KeyIndex(this.indexAccount);
    this.account.shrink(this.timerCounts?.byteLength ?? 0);
    this.timerCounts = undefined;
    this.pages.free();
    for (const column of this.columns) column.free();
  }
}
