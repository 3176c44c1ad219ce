import { grownLength, grownNumbers } from './capacity.ts';
import { type FreezableRows, FrozenTable, type TableCut } from './frozen-table.ts';
import { KeyIndex } from './key-index.ts';
import { MemoryAccount } from './memory-account.ts';
import { RowEpochs } from './row-epochs.ts';

/** What a row of an accumulator table holds when its key is new. */
export interface AccumulatorLayout {
  /** One number column each. */
  readonly columns: readonly number[];
  /** How many columns of heap values there are; those start as undefined. */
  readonly heapColumns?: number;
}

/**
 * A table from key to numeric accumulators in typed columns, and heap values where a number is not enough. Arrays in
 * `numbers` and `heaps` are replaced when the table grows: read them again after every lookup. A row keeps its number until
 * it is removed or the table is cleared.
 */
export class AccumulatorTable implements FreezableRows {
  readonly index: KeyIndex;
  readonly numbers: Float64Array[];
  readonly heaps: unknown[][];
  /** Rows that are looked up to be written are noted with this number. */
  epoch = 1;
  private readonly epochs: RowEpochs;
  private snapshot: FrozenTable | undefined;
  private readonly account: MemoryAccount;
  private readonly initial: readonly number[];
  /** Columns are this long. */
  capacity: number = 0;

  constructor(layout: AccumulatorLayout, account: MemoryAccount = new MemoryAccount()) {
    this.account = account;
    this.index = new KeyIndex(account);
    this.epochs = new RowEpochs(account);
    this.initial = layout.columns;
    this.numbers = layout.columns.map(() => new Float64Array(0));
    this.heaps = Array.from({ length: layout.heapColumns ?? 0 }, () => []);
  }

  get size(): number {
    return this.index.size;
  }

  get columns(): readonly Float64Array[] {
    return this.numbers;
  }

  get rowLimit(): number {
    return this.index.rowLimit;
  }

  /** So many more rows will come: the table does not grow by little and little. */
  expectRows(count: number): void {
    this.index.rows.expected += count;
  }

  hashesAt(rows: Int32Array, count: number, target: Uint32Array): void {
    this.index.hashesAt(rows, count, target);
  }

  keysAt(rows: Int32Array): Float64Array | readonly unknown[] {
    return this.index.valuesAt(rows);
  }

  /** The row of a key, made with the initial values if there is none. */
  rowFor(key: unknown, hash: number): number {
    const row = this.index.findOrInsert(key, hash);
    if (row >= this.capacity) this.grow();
    this.touch(row);
    return row;
  }

  /** The row of a key; −1 when there is none. */
  find(key: unknown, hash: number): number {
    return this.index.find(key, hash);
  }

  /** Rows of many keys, made where there are none: that of `keys[from + j]` goes to `target[j]`, for j < length. */
  lookup(
    keys: Float64Array | readonly unknown[],
    hashes: Uint32Array,
    from: number,
    length: number,
    target: Int32Array,
  ): void {
    this.index.lookup(keys, hashes, from, length, target);
    if (this.index.rowLimit > this.capacity) this.grow();
    this.touchAll(target, 0, length);
  }

  /** Rows of selected keys: that of `keys[positions[j]]` goes to `target[j]`, for j in [from, to). */
  lookupAt(
    keys: Float64Array | readonly unknown[],
    hashes: Uint32Array,
    positions: Int32Array,
    from: number,
    to: number,
    target: Int32Array,
  ): void {
    this.index.lookupAt(keys, hashes, positions, from, to, target);
    if (this.index.rowLimit > this.capacity) this.grow();
    this.touchAll(target, from, to);
  }

  /** Rows of the keys of another table: that of the key in its row `rows[j]` goes to `target[j]`, for j < length. */
  lookupRows(source: AccumulatorTable, rows: Int32Array, length: number, target: Int32Array): void {
    this.index.lookupRows(source.index, rows, length, target);
    if (this.index.rowLimit > this.capacity) this.grow();
    this.touchAll(target, 0, length);
  }

  column(number: number): Float64Array {
    return this.numbers[number]!;
  }

  heapColumn(number: number): unknown[] {
    return this.heaps[number]!;
  }

  keyAt(row: number): unknown {
    return this.index.keyAt(row);
  }

  hashAt(row: number): number {
    return this.index.hashAt(row);
  }

  /** The next row in use after this one, −1 at the end; start with −1. */
  nextRow(after: number): number {
    return this.index.nextRow(after);
  }

  /** The next row that was looked up in a later epoch than this; −1 at the end. */
  nextDirtyRow(after: number, afterEpoch: number): number {
    return this.epochs.nextRow(this.index, after, afterEpoch);
  }

  forEachRow(visit: (row: number) => void): void {
    for (let row = this.index.nextRow(-1); row >= 0; row = this.index.nextRow(row)) visit(row);
  }

  /** Whether a snapshot is being read, which is told of every row before it changes. The table must not be cleared then. */
  get isFrozen(): boolean {
    return this.snapshot !== undefined;
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

  /** Removes the key of a row in use. */
  remove(row: number): void {
    this.touch(row);
    this.snapshot?.keepKey(row);
    this.epochs.values[row] = 0;
    this.index.remove(row);
    for (let i = 0; i < this.numbers.length; i++) this.numbers[i]![row] = this.initial[i]!;
    for (const heap of this.heaps) heap[row] = undefined;
  }

  /** Removes all keys and keeps the memory for the next ones. */
  clear(): void {
    const { rowLimit } = this.index;
    for (let i = 0; i < this.numbers.length; i++) this.numbers[i]!.fill(this.initial[i]!, 0, rowLimit);
    for (const heap of this.heaps) heap.fill(undefined, 0, rowLimit);
    this.epochs.values.fill(0, 0, rowLimit);
    this.index.clear();
  }

  /** The table is given up and must not be used any more: its memory is not counted from now on. */
  free(): void {
    this.account.close();
  }

  /** What the table takes, heap values not counted. */
  memoryBytes(): number {
    return (
      this.index.memoryBytes() +
      this.epochs.memoryBytes() +
      this.capacity * 8 * (this.numbers.length + this.heaps.length)
    );
  }

  /** A row is about to be written in this epoch. */
  private touch(row: number): void {
    if (this.epochs.values[row] !== this.epoch) this.firstTouch(row);
  }

  /** The same for the rows in `rows[from .. to)`. */
  private touchAll(rows: Int32Array, from: number, to: number): void {
    const { epoch } = this;
    const { values } = this.epochs;
    for (let j = from; j < to; j++) if (values[rows[j]!] !== epoch) this.firstTouch(rows[j]!);
  }

  private firstTouch(row: number): void {
    const { values } = this.epochs;
    this.snapshot?.save(row, values[row]!);
    values[row] = this.epoch;
  }

  private grow(): void {
    const before = this.capacity;
    this.capacity = grownLength(before, Math.max(this.index.rowLimit, this.index.rows.expected));
    this.epochs.grow(this.capacity);
    for (let i = 0; i < this.numbers.length; i++) {
      this.numbers[i] = grownNumbers(this.numbers[i]!, this.capacity, this.account);
      if (this.initial[i] !== 0) this.numbers[i]!.fill(this.initial[i]!, before);
    }
    for (const heap of this.heaps) while (heap.length < this.capacity) heap.push(undefined);
  }
}
