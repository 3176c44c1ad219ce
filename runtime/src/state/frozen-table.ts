import { cloneValue } from '../batch/values.ts';
import { grownIntegers, grownLength, grownNumbers } from './capacity.ts';
import { keyGroupOf } from './key-groups.ts';
import type { MemoryAccount } from './memory-account.ts';
import type { RowEpochs } from './row-epochs.ts';
import type { RowScatter, StoredColumns, TableRows } from './row-scatter.ts';

/** What of a table a snapshot takes. */
export interface TableCut {
  /** The epoch that the barrier ended. */
  readonly epoch: number;
  /** By key group: rows written after this epoch are wanted. Keys are divided among as many groups as there are. */
  readonly afterEpochs: Int32Array;
}

/** A table whose rows can be frozen. Its arrays are replaced when it grows. */
export interface FreezableRows extends StoredColumns {
  /** All rows that were ever in use are below this. */
  readonly rowLimit: number;
  keyAt(row: number): unknown;
  hashAt(row: number): number;
  /** The hashes of the keys of the first `count` of these rows, all in use, into `target`. */
  hashesAt(rows: Int32Array, count: number, target: Uint32Array): void;
  /** The keys of these rows, all in use. */
  keysAt(rows: Int32Array): TableRows['keys'];
  /** What is kept of a heap value, which may be changed in place later. Absent = a clone. */
  copyHeap?(value: unknown): unknown;
}

/** Rows that one step looks at: a millisecond. */
const looksAtOnce = 262_144;

/**
 * The rows of a table as a barrier found them, while a snapshot reads them in the order in which they lie. A row that is written
 * before it was read is copied here, and is read at the end.
 */
export class FrozenTable {
  private readonly table: FreezableRows;
  private readonly epochs: RowEpochs;
  private readonly cut: TableCut;
  private readonly account: MemoryAccount;
  private readonly copy: (value: unknown) => unknown;
  /** Rows there were at the barrier. */
  readonly rowLimit: number;
  /** No row that was last written in this epoch or before is wanted, of any group. */
  private readonly oldest: number;
  /** Rows below this were read. */
  private position = 0;
  /** Saved rows, by their number: the rows they were, and the hashes of their keys. */
  private savedRows: Int32Array = new Int32Array(0);
  private savedHashes: Int32Array = new Int32Array(0);
  private savedCount = 0;
  private savedRead = 0;
  readonly columns: Float64Array[];
  readonly heaps: unknown[][];
  /** The keys of rows that were removed since. */
  private readonly removedKeys: Map<number, unknown> = new Map();

  constructor(table: FreezableRows, epochs: RowEpochs, cut: TableCut, account: MemoryAccount) {
    this.table = table;
    this.epochs = epochs;
    this.cut = cut;
    this.account = account;
    this.copy = table.copyHeap ?? cloneValue;
    this.rowLimit = table.rowLimit;
    this.oldest = cut.afterEpochs.reduce((least, epoch) => Math.min(least, epoch), cut.epoch);
    this.columns = table.columns.map(() => new Float64Array(0));
    this.heaps = table.heaps.map(() => []);
  }

  /** Reads some rows; gives how many it looked at, 0 = all are read. It stops where a group is full. */
  read(into: RowScatter): number {
    if (this.position < this.rowLimit) return this.readLive(into);
    return this.savedRead < this.savedCount ? this.readSaved(into) : 0;
  }

  /** A row that was last written in this epoch is about to be written. */
  save(row: number, writtenIn: number): void {
    const { epoch, afterEpochs } = this.cut;
    if (row < this.position || writtenIn <= this.oldest || writtenIn > epoch) return;
    const hash = this.table.hashAt(row);
    if (writtenIn <= afterEpochs[keyGroupOf(hash, afterEpochs.length)]!) return;
    if (this.savedCount === this.savedRows.length) this.grow();
    const place = this.savedCount++;
    this.savedRows[place] = row;
    this.savedHashes[place] = hash;
    for (let i = 0; i < this.columns.length; i++) this.columns[i]![place] = this.table.columns[i]![row]!;
    for (let i = 0; i < this.heaps.length; i++) this.heaps[i]!.push(this.copy(this.table.heaps[i]![row]));
  }

  /** The key of a row is about to be removed. */
  keepKey(row: number): void {
    if (!this.isRead && !this.removedKeys.has(row)) this.removedKeys.set(row, this.table.keyAt(row));
  }

  private get isRead(): boolean {
    return this.position === this.rowLimit && this.savedRead === this.savedCount;
  }

  /** Reads rows of the table that were not written meanwhile. */
  private readLive(into: RowScatter): number {
    const { table, epochs, cut, oldest, position } = this;
    const { rows, hashes } = into;
    const { values } = epochs;
    const end = Math.min(this.rowLimit, position + looksAtOnce);
    let row = position;
    let found = 0;
    for (; row < end && found < rows.length; row++) {
      // A row that is not in use was never written, or in an epoch that is not wanted.
      if (values[row]! > oldest && values[row]! <= cut.epoch) rows[found++] = row;
    }
    table.hashesAt(rows, found, hashes);
    const wanted = this.keepWanted(into, found);
    const count = into.assign(wanted);
    this.position = count < wanted ? rows[count]! : row;
    const cells = rows.subarray(0, count);
    into.put(table.keysAt(cells), table, cells, this.copy);
    return Math.max(1, this.position - position);
  }

  /** Of the rows in hand, leaves those that were written late enough for their key groups; how many they are. */
  private keepWanted({ rows, hashes }: RowScatter, found: number): number {
    const { values } = this.epochs;
    const { afterEpochs } = this.cut;
    let count = 0;
    for (let i = 0; i < found; i++) {
      const [row, hash] = [rows[i]!, hashes[i]!];
      if (values[row]! <= afterEpochs[keyGroupOf(hash, afterEpochs.length)]!) continue;
      rows[count] = row;
      hashes[count++] = hash;
    }
    return count;
  }

  private readSaved(into: RowScatter): number {
    const { savedRead } = this;
    const { rows, hashes } = into;
    const found = Math.min(rows.length, this.savedCount - savedRead);
    for (let i = 0; i < found; i++) {
      rows[i] = savedRead + i;
      hashes[i] = this.savedHashes[savedRead + i]!;
    }
    const count = into.assign(found);
    this.savedRead += count;
    const keys = this.savedKeys(savedRead, savedRead + count);
    into.put(keys, this, rows.subarray(0, count));
    return Math.max(1, count);
  }

  private savedKeys(from: number, to: number): TableRows['keys'] {
    const { table, removedKeys } = this;
    const rows = this.savedRows.subarray(from, to);
    if (removedKeys.size === 0) return table.keysAt(rows);
    return Array.from(rows, (row) => (removedKeys.has(row) ? removedKeys.get(row) : table.keyAt(row)));
  }

  private grow(): void {
    const length = grownLength(this.savedRows.length, this.savedCount + 1);
    this.savedRows = grownIntegers(this.savedRows, length, this.account);
    this.savedHashes = grownIntegers(this.savedHashes, length, this.account);
    this.columns.forEach((values, i) => {
      this.columns[i] = grownNumbers(values, length, this.account);
    });
  }
}
