import { grownBytes, grownIntegers, grownLength, grownNumbers } from '../../state/capacity.ts';
import { type FreezableRows, FrozenTable, type TableCut } from '../../state/frozen-table.ts';
import { KeyIndex } from '../../state/key-index.ts';
import { MemoryAccount } from '../../state/memory-account.ts';
import { RowEpochs } from '../../state/row-epochs.ts';
import type { NumberArray } from '../../state/row-scatter.ts';
import { RowSpace } from '../../state/row-space.ts';
import type { TableShape } from './slices.ts';

/**
 * The open sessions of all keys. A session is a row: its start and end, its accumulators, and the next session of the same
 * key. Nearly every key has one session at a time; several form a chain from the row that the key index leads to.
 */
export class SessionTable implements FreezableRows {
  readonly index: KeyIndex;
  /** Rows are noted with this number when they are written. */
  epoch = 1;
  /** Starts, ends, what has fired, and the numbers of the accumulators: what is stored of a session beside its heap values. */
  columns: readonly NumberArray[] = [];
  /** Accumulators by row; replaced when the table grows. */
  readonly numbers: Float64Array[];
  readonly heaps: unknown[][];
  startsMs: Float64Array = new Float64Array(0);
  endsMs: Float64Array = new Float64Array(0);
  /** 1 = has fired and is kept for late records. */
  fired: Uint8Array = new Uint8Array(0);
  /** Grows with each use of a row. */
  stamps: Int32Array = new Int32Array(0);
  /** The next session of the same key; −1 = none. */
  nextRows: Int32Array = new Int32Array(0);
  /** The first session by row of the key, plus one; 0 = none. */
  heads: Int32Array = new Int32Array(0);
  private keyRows: Int32Array = new Int32Array(0);
  private readonly rows: RowSpace;
  /** Counts the table and what leads to its rows. */
  readonly account: MemoryAccount;
  private readonly initial: readonly number[];
  private capacity = 0;
  private readonly epochs: RowEpochs;
  private snapshot: FrozenTable | undefined;

  constructor(shape: TableShape, account: MemoryAccount = new MemoryAccount()) {
    this.account = account;
    this.index = new KeyIndex(account);
    this.rows = new RowSpace(account);
    this.epochs = new RowEpochs(account);
    this.initial = shape.initialNumbers;
    this.numbers = shape.initialNumbers.map(() => new Float64Array(0));
    this.heaps = Array.from({ length: shape.heapCount }, () => []);
    this.columns = [this.startsMs, this.endsMs, this.fired, ...this.numbers];
  }

  get rowLimit(): number {
    return this.rows.limit;
  }

  hashesAt(rows: Int32Array, count: number, target: Uint32Array): void {
    this.index.hashesAt(
      rows.subarray(0, count).map((row) => this.keyRows[row]!),
      count,
      target,
    );
  }

  keysAt(rows: Int32Array): Float64Array | readonly unknown[] {
    return this.index.valuesAt(rows.map((row) => this.keyRows[row]!));
  }

  /** To be called before a session is changed. */
  touch(row: number): void {
    const { values } = this.epochs;
    if (values[row] === this.epoch) return;
    this.snapshot?.save(row, values[row]!);
    values[row] = this.epoch;
  }

  /** Keeps the sessions as they are now until `thaw`, and begins a new epoch. */
  freeze(cut: TableCut, account: MemoryAccount): FrozenTable {
    this.snapshot = new FrozenTable(this, this.epochs, cut, account);
    this.epoch = cut.epoch + 1;
    return this.snapshot;
  }

  thaw(): void {
    this.snapshot = undefined;
  }

  /** How many sessions there are. */
  get size(): number {
    return this.rows.size;
  }

  keyAt(row: number): unknown {
    return this.index.keyAt(this.keyRows[row]!);
  }

  hashAt(row: number): number {
    return this.index.hashAt(this.keyRows[row]!);
  }

  /** The next session in use after this one, −1 at the end; start with −1. */
  nextRow(after: number): number {
    return this.rows.next(after);
  }

  /** After lookups in the index: makes room for the heads of new keys. */
  reserveHeads(): void {
    const { rowLimit } = this.index;
    if (rowLimit > this.heads.length) {
      this.heads = grownIntegers(this.heads, grownLength(this.heads.length, rowLimit), this.account);
    }
  }

  /** The first session of a key; −1 when there is none. */
  firstOf(keyRow: number): number {
    return this.heads[keyRow]! - 1;
  }

  /** Opens a session with the initial accumulators. */
  open(keyRow: number, startMs: number, endMs: number): number {
    const row = this.rows.allocate();
    if (row >= this.capacity) this.grow(row + 1);
    this.epochs.values[row] = this.epoch;
    this.startsMs[row] = startMs;
    this.endsMs[row] = endMs;
    this.keyRows[row] = keyRow;
    this.nextRows[row] = this.heads[keyRow]! - 1;
    this.heads[keyRow] = row + 1;
    return row;
  }

  /** Ends a session; the last one of a key takes the key with it. */
  close(row: number): void {
    this.touch(row);
    this.snapshot?.keepKey(row);
    const keyRow = this.keyRows[row]!;
    const next = this.nextRows[row]!;
    if (this.heads[keyRow] === row + 1) this.heads[keyRow] = next + 1;
    else {
      let before = this.heads[keyRow]! - 1;
      while (this.nextRows[before] !== row) before = this.nextRows[before]!;
      this.nextRows[before] = next;
    }
    if (this.heads[keyRow] === 0) this.index.remove(keyRow);
    for (let i = 0; i < this.numbers.length; i++) this.numbers[i]![row] = this.initial[i]!;
    for (const heap of this.heaps) heap[row] = undefined;
    this.fired[row] = 0;
    this.stamps[row]! += 1;
    this.epochs.values[row] = 0;
    this.rows.release(row);
  }

  /** Removes a key that was looked up and got no session. */
  forgetIfEmpty(keyRow: number): void {
    if (this.heads[keyRow] === 0 && this.index.has(keyRow)) this.index.remove(keyRow);
  }

  private grow(needed: number): void {
    const before = this.capacity;
    const length = grownLength(before, needed);
    this.capacity = length;
    this.startsMs = grownNumbers(this.startsMs, length, this.account);
    this.endsMs = grownNumbers(this.endsMs, length, this.account);
    this.fired = grownBytes(this.fired, length, this.account);
    this.stamps = grownIntegers(this.stamps, length, this.account);
    this.nextRows = grownIntegers(this.nextRows, length, this.account);
    this.keyRows = grownIntegers(this.keyRows, length, this.account);
    for (let i = 0; i < this.numbers.length; i++) {
      this.numbers[i] = grownNumbers(this.numbers[i]!, length, this.account);
      if (this.initial[i] !== 0) this.numbers[i]!.fill(this.initial[i]!, before);
    }
    for (const heap of this.heaps) while (heap.length < length) heap.push(undefined);
    this.epochs.grow(length);
    this.columns = [this.startsMs, this.endsMs, this.fired, ...this.numbers];
  }
}
