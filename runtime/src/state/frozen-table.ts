import { cloneValue } from '../batch/values.ts';
import { grownIntegers, grownLength, grownNumbers } from './capacity.ts';
import type { MemoryAccount } from './memory-account.ts';
import type { RowEpochs } from './row-epochs.ts';

/** What of a table a snapshot takes. */
export interface TableCut {
  /** The epoch that the barrier ended. */
  readonly epoch: number;
  /** The place among `afterEpochs` of a key with this hash. */
  groupOf(hash: number): number;
  /** By place of the key group: rows written after this epoch are wanted. */
  readonly afterEpochs: Int32Array;
}

/** Numbers by row. */
export type NumberArray = Float64Array | Uint8Array;

/** The columns of a table, as far as they are stored. */
export interface StoredColumns {
  readonly columns: readonly NumberArray[];
  readonly heaps: readonly (readonly unknown[])[];
}

/** A table whose rows can be frozen. Its arrays are replaced when it grows. */
export interface FreezableRows extends StoredColumns {
  /** All rows that were ever in use are below this. */
  readonly rowLimit: number;
  has(row: number): boolean;
  keyAt(row: number): unknown;
  hashAt(row: number): number;
  /** The keys of these rows, all in use. */
  keysAt(rows: Int32Array): Float64Array | readonly unknown[];
}

/** Rows of one key group of a table. */
export interface TableRows {
  readonly keys: Float64Array | readonly unknown[];
  readonly columns: StoredColumns;
  /** Where in the columns each row stands. */
  readonly cells: Int32Array;
}

const none = -1;

/**
 * The rows of a table as a barrier found them, while a snapshot reads them, key group by key group. Rows of a group are chained to
 * each other, first those that lie in the table, by `chain`, a part at a time; a row that is written before its group was read is
 * copied here and enters another chain of the group.
 */
export class FrozenTable {
  private readonly table: FreezableRows;
  private readonly epochs: RowEpochs;
  private readonly cut: TableCut;
  private readonly account: MemoryAccount;
  /** Rows there were at the barrier. */
  private readonly rowLimit: number;
  private chained = 0;
  /** By key group the first row, by row the next one. */
  private readonly heads: Int32Array;
  private readonly nexts: Int32Array;
  /** 1 = the key group was read. */
  private readonly read: Uint8Array;
  /** The same for saved rows, by their number. */
  private readonly savedHeads: Int32Array;
  private savedNexts: Int32Array = new Int32Array(0);
  private savedRows: Int32Array = new Int32Array(0);
  private savedCount = 0;
  readonly columns: Float64Array[];
  readonly heaps: unknown[][];
  /** The keys of saved rows that were removed since. */
  private readonly removedKeys: Map<number, unknown> = new Map();

  constructor(table: FreezableRows, epochs: RowEpochs, cut: TableCut, account: MemoryAccount) {
    this.table = table;
    this.epochs = epochs;
    this.cut = cut;
    this.account = account;
    const groupCount = cut.afterEpochs.length;
    this.rowLimit = table.rowLimit;
    account.grow(this.rowLimit * 4 + groupCount * 9);
    this.heads = new Int32Array(groupCount).fill(none);
    this.savedHeads = new Int32Array(groupCount).fill(none);
    this.read = new Uint8Array(groupCount);
    this.nexts = new Int32Array(this.rowLimit);
    this.columns = table.columns.map(() => new Float64Array(0));
    this.heaps = table.heaps.map(() => []);
  }

  /** Chains so many rows at most; gives how many it looked at, less than that = all are chained. */
  chain(limit: number): number {
    const { table, epochs, heads, nexts } = this;
    const end = Math.min(this.rowLimit, this.chained + limit);
    const from = this.chained;
    for (let row = from; row < end; row++) {
      // A row that is not in use was never written, or in an epoch that is not wanted.
      if (!table.has(row)) continue;
      const group = this.cut.groupOf(table.hashAt(row));
      if (!this.wants(group, epochs.values[row]!)) continue;
      nexts[row] = heads[group]!;
      heads[group] = row;
    }
    this.chained = end;
    return end - from;
  }

  /** The next rows of the key group at a place, so many at most; undefined = all are read. All must be chained. */
  take(group: number, limit: number): TableRows | undefined {
    if (this.heads[group] === none && this.savedHeads[group] === none) return undefined;
    const rows = new Int32Array(limit);
    const count = this.takeLive(group, rows);
    if (count > 0) {
      const cells = rows.subarray(0, count);
      return { keys: this.table.keysAt(cells), columns: this.table, cells };
    }
    return this.takeSaved(group, rows);
  }

  /** The rows of a key group need not be saved any more. */
  endGroup(group: number): void {
    this.read[group] = 1;
  }

  /** A row that was last written in this epoch is about to be written. */
  save(row: number, writtenIn: number): void {
    if (writtenIn === 0 || writtenIn > this.cut.epoch) return;
    const group = this.cut.groupOf(this.table.hashAt(row));
    if (this.read[group] === 1 || !this.wants(group, writtenIn)) return;
    if (this.savedCount === this.savedRows.length) this.grow();
    const place = this.savedCount++;
    this.savedRows[place] = row;
    this.savedNexts[place] = this.savedHeads[group]!;
    this.savedHeads[group] = place;
    for (let i = 0; i < this.columns.length; i++) this.columns[i]![place] = this.table.columns[i]![row]!;
    for (let i = 0; i < this.heaps.length; i++) this.heaps[i]!.push(cloneValue(this.table.heaps[i]![row]));
  }

  /** The key of a row is about to be removed. */
  keepKey(row: number): void {
    if (!this.removedKeys.has(row)) this.removedKeys.set(row, this.table.keyAt(row));
  }

  /** Gives the memory back. */
  free(): void {
    this.account.close();
  }

  private wants(group: number, writtenIn: number): boolean {
    return writtenIn > this.cut.afterEpochs[group]! && writtenIn <= this.cut.epoch;
  }

  /** The rows of the chain that were not written meanwhile. */
  private takeLive(group: number, rows: Int32Array): number {
    const { values } = this.epochs;
    let row = this.heads[group]!;
    let count = 0;
    for (; row !== none && count < rows.length; row = this.nexts[row]!) {
      if (this.wants(group, values[row]!)) rows[count++] = row;
    }
    this.heads[group] = row;
    return count;
  }

  private takeSaved(group: number, places: Int32Array): TableRows | undefined {
    const { table, removedKeys } = this;
    let place = this.savedHeads[group]!;
    let count = 0;
    for (; place !== none && count < places.length; place = this.savedNexts[place]!) places[count++] = place;
    this.savedHeads[group] = place;
    if (count === 0) return undefined;
    const cells = places.subarray(0, count);
    const keys = Array.from(cells, (cell) => {
      const row = this.savedRows[cell]!;
      return removedKeys.has(row) ? removedKeys.get(row) : table.keyAt(row);
    });
    return { keys, columns: this, cells };
  }

  private grow(): void {
    const length = grownLength(this.savedRows.length, this.savedCount + 1);
    this.savedRows = grownIntegers(this.savedRows, length, this.account);
    this.savedNexts = grownIntegers(this.savedNexts, length, this.account);
    this.columns.forEach((values, i) => {
      this.columns[i] = grownNumbers(values, length, this.account);
    });
  }
}
