import { grownIntegers, grownLength } from './capacity.ts';
import type { StateColumn } from './columns.ts';
import { type ConvertValue, convertColumn } from './evolution.ts';
import { FrozenRows } from './frozen-rows.ts';
import { KeyIndex } from './key-index.ts';
import { MemoryAccount } from './memory-account.ts';
import { RowEpochs } from './row-epochs.ts';
import type { StateShape } from './state-shape.ts';

/** What held more rows, or timers, than this gives its memory back when the last one goes. */
export const worthFreeing = 1024;

/** Up to so many removed keys are remembered, or as many as there are rows: then the whole group says the same in less. */
const leastTombstones = 1024;

/** A key that was removed, and when. */
export interface Tombstone {
  readonly key: unknown;
  readonly epoch: number;
}

/**
 * The keyed state of one key group: the index of its keys, a column for each state, and in which epoch each row was last
 * written. A row lives as long as some column has something for it, or a timer points at it. Whoever changes a row calls
 * `touch` before, so that an open snapshot can save what it has not read.
 */
export class KeyGroup {
  readonly number: number;
  index: KeyIndex;
  /** Counts all of the group but its timers. */
  readonly account: MemoryAccount;
  /** By number of the state. */
  readonly columns: StateColumn[] = [];
  /** Keys removed in the epochs after `knownFrom`, at least; absent when nobody asks for changes. */
  tombstones: Tombstone[] | undefined;
  /** The changes since the end of an earlier epoch than this cannot be told. */
  knownFrom = 0;
  /** Columns have room for so many rows. */
  private capacity = 0;
  private readonly epochs: RowEpochs;
  private frozen: FrozenRows | undefined;
  private readonly indexAccount: MemoryAccount;
  /** Timers by row; absent while there are none. */
  private timerCounts: Int32Array | undefined;
  private isDiscarded = false;

  constructor(number: number, account: MemoryAccount = new MemoryAccount()) {
    this.number = number;
    this.account = account;
    this.indexAccount = account.open({ state: 'keys' });
    this.index = new KeyIndex(this.indexAccount);
    this.epochs = new RowEpochs(account);
  }

  /** Adds the column of the next state. */
  addColumn(column: StateColumn): void {
    column.grow(this.capacity);
    this.columns.push(column);
  }

  /** Puts a column of another shape in the place of one, with all of its rows. */
  replaceColumn(state: number, column: StateColumn, shape: StateShape, convert: ConvertValue): void {
    const before = this.columns[state] as StateColumn;
    column.grow(this.capacity);
    const rows = Array.from({ length: this.index.rowLimit }, (_, row) => row);
    convertColumn(before, column, rows, shape, convert);
    this.columns[state] = column;
    before.free();
  }

  /** The row of a key, made without any state if there is none, which is its first write in this epoch. */
  createRow(key: unknown, hash: number, epoch: number): number {
    const { size } = this.index;
    const row = this.index.findOrInsert(key, hash);
    if (row >= this.capacity) this.grow(row + 1);
    if (this.index.size > size) this.epochs.values[row] = epoch;
    return row;
  }

  /** A row is about to be written in this epoch. */
  touch(row: number, epoch: number): void {
    if (this.epochs.values[row] !== epoch) this.firstTouch(row, epoch);
  }

  /** The next row that was written later than this epoch; −1 at the end. Start with −1. */
  nextDirtyRow(after: number, epoch: number): number {
    return this.epochs.nextRow(this.index, after, epoch);
  }

  /** Keeps the rows that were written after one epoch and through another as they are now, until `thaw`. */
  freeze(afterEpoch: number, epoch: number, account: MemoryAccount): FrozenRows {
    const columns = this.columns.map((column, state) => column.emptyCopy(account.open({ state })));
    this.frozen = new FrozenRows(columns, epoch, afterEpoch);
    return this.frozen;
  }

  thaw(): void {
    this.frozen?.free();
    this.frozen = undefined;
    if (this.isDiscarded) this.discard();
  }

  /** The group has been dropped; what a snapshot still reads stays until `thaw`. */
  discard(): void {
    this.isDiscarded = true;
    if (this.frozen === undefined) for (const column of this.columns) column.discard();
  }

  /** The next rows that are frozen and lie here, into `target`; their number, less than its length = there are no more. */
  readFrozen(frozen: FrozenRows, target: Int32Array): number {
    const { index, epochs } = this;
    let count = 0;
    let row = index.nextRow(frozen.readRows - 1);
    for (; row >= 0 && count < target.length; row = index.nextRow(row)) {
      if (frozen.wants(epochs.values[row]!)) target[count++] = row;
    }
    frozen.readRows = row < 0 ? Infinity : row;
    return count;
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
    if (this.tombstones !== undefined || this.frozen !== undefined) this.noteRemoval(row, epoch);
    this.index.remove(row);
    if (this.index.size === 0 && this.capacity > worthFreeing) this.free();
    return true;
  }

  /** Remembers which keys go in the epochs after this one, at least. */
  trackRemovals(afterEpoch: number): void {
    if (this.tombstones !== undefined) return;
    this.tombstones = [];
    this.knownFrom = afterEpoch;
  }

  /** Changes will be asked for since the end of this epoch, or a later one. */
  forgetRemovals(throughEpoch: number): void {
    this.tombstones = this.tombstones?.filter(({ epoch }) => epoch > throughEpoch);
    this.knownFrom = Math.max(this.knownFrom, throughEpoch);
  }

  memoryBytes(): number {
    let bytes = this.index.memoryBytes() + this.epochs.memoryBytes() + (this.timerCounts?.byteLength ?? 0);
    for (const column of this.columns) bytes += column.memoryBytes();
    return bytes;
  }

  private firstTouch(row: number, epoch: number): void {
    const { values } = this.epochs;
    this.frozen?.save(this.columns, row, values[row]!);
    values[row] = epoch;
  }

  private noteRemoval(row: number, epoch: number): void {
    const key = this.index.keyAt(row);
    this.frozen?.keepKey(row, key);
    if (this.tombstones === undefined) return;
    this.tombstones.push({ key, epoch });
    if (this.tombstones.length <= Math.max(leastTombstones, this.capacity)) return;
    this.tombstones = [];
    this.knownFrom = epoch;
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
    this.epochs.grow(this.capacity);
  }

  /** All rows are gone: so may be the memory. */
  private free(): void {
    this.capacity = 0;
    this.indexAccount.close();
    this.index = new KeyIndex(this.indexAccount);
    this.account.shrink(this.timerCounts?.byteLength ?? 0);
    this.timerCounts = undefined;
    this.epochs.free();
    for (const column of this.columns) column.free();
  }
}
