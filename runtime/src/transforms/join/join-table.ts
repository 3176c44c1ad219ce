import { grownLength } from '../../state/capacity.ts';
import { type FreezableRows, FrozenTable, type TableCut } from '../../state/frozen-table.ts';
import { KeyIndex } from '../../state/key-index.ts';
import type { MemoryAccount } from '../../state/memory-account.ts';
import { RowEpochs } from '../../state/row-epochs.ts';
import type { TimeBuffer } from './time-buffer.ts';

/** The records that wait for partners: a row for each key, with a buffer for each side. */
export class JoinTable implements FreezableRows {
  /** By side and row of the key. */
  readonly heaps: readonly [(TimeBuffer | undefined)[], (TimeBuffer | undefined)[]] = [[], []];
  readonly columns: readonly [] = [];
  private readonly index: KeyIndex;
  private readonly epochs: RowEpochs;
  private snapshot: FrozenTable | undefined;
  /** Rows are noted with this number when they are written. */
  private epoch = 1;
  private capacity = 0;

  constructor(account: MemoryAccount) {
    this.index = new KeyIndex(account);
    this.epochs = new RowEpochs(account);
  }

  get size(): number {
    return this.index.size;
  }

  get rowLimit(): number {
    return this.index.rowLimit;
  }

  /** The epoch that the next `freeze` will end. */
  get currentEpoch(): number {
    return this.epoch;
  }

  /** Whether a snapshot is being read, which must be told of every row before it changes. */
  get isFrozen(): boolean {
    return this.snapshot !== undefined;
  }

  find(key: unknown, hash: number): number {
    return this.index.find(key, hash);
  }

  /** The row of a key that is about to be written. */
  rowFor(key: unknown, hash: number): number {
    const row = this.index.findOrInsert(key, hash);
    if (row >= this.capacity) {
      this.capacity = grownLength(this.capacity, row + 1);
      this.epochs.grow(this.capacity);
    }
    this.touch(row);
    return row;
  }

  /** A row is about to be written. */
  touch(row: number): void {
    const { values } = this.epochs;
    if (values[row] === this.epoch) return;
    this.snapshot?.save(row, values[row]!);
    values[row] = this.epoch;
  }

  /** Removes a key with what waits. */
  remove(row: number): void {
    this.touch(row);
    this.snapshot?.keepKey(row);
    this.epochs.values[row] = 0;
    for (const buffers of this.heaps) buffers[row] = undefined;
    this.index.remove(row);
  }

  keyAt(row: number): unknown {
    return this.index.keyAt(row);
  }

  hashAt(row: number): number {
    return this.index.hashAt(row);
  }

  hashesAt(rows: Int32Array, count: number, target: Uint32Array): void {
    this.index.hashesAt(rows, count, target);
  }

  keysAt(rows: Int32Array): Float64Array | readonly unknown[] {
    return this.index.valuesAt(rows);
  }

  nextRow(after: number): number {
    return this.index.nextRow(after);
  }

  /** What a snapshot has of a buffer. Records are never changed, so they are not copied. */
  copyHeap(buffer: unknown): unknown {
    return (buffer as TimeBuffer | undefined)?.save() ?? [];
  }

  /** Keeps the rows as they are now until `thaw`, and begins a new epoch. */
  freeze(cut: TableCut, account: MemoryAccount): FrozenTable {
    this.snapshot = new FrozenTable(this, this.epochs, cut, account);
    this.epoch = cut.epoch + 1;
    return this.snapshot;
  }

  thaw(): void {
    this.snapshot = undefined;
  }
}
