import { cloneValue } from '../batch/values.ts';
import { grownBytes, grownNumbers } from './capacity.ts';
import { MemoryAccount } from './memory-account.ts';
import { Timed } from './time-to-live.ts';
import type { Change, UndoLog } from './undo-log.ts';
import { ValueMap } from './value-map.ts';

/** Stands in a heap column where a row has no state; `undefined` is a value that a state may hold. */
export const absent: unique symbol = Symbol('absent');

/** The state of one name for the rows of one key group. */
export abstract class StateColumn {
  /** When a row's state ends, in ms since the epoch; there only for states with a time to live. */
  expiriesMs: Float64Array | undefined;
  protected readonly account: MemoryAccount;

  constructor(hasExpiry: boolean, account: MemoryAccount = new MemoryAccount()) {
    this.account = account;
    this.expiriesMs = hasExpiry ? new Float64Array(0) : undefined;
  }

  /** For how many rows there is room. */
  abstract readonly capacity: number;
  abstract has(row: number): boolean;
  /** Those of the rows that have something, into `target`; how many they are. */
  abstract select(rows: Int32Array, target: Int32Array): number;
  abstract clear(row: number): void;
  /** Records what the row holds now, to be restored. The value itself is not copied. */
  abstract save(row: number, log: UndoLog): void;
  /** Takes what a row of another column of the same state holds, as it is now: nothing that can change is shared. */
  abstract copyCell(row: number, from: StateColumn, fromRow: number): void;
  /** A column of the same kind, without room for any row. */
  abstract emptyCopy(account: MemoryAccount): StateColumn;
  abstract memoryBytes(): number;

  /** Nobody will read the column any more. */
  discard(): void {}

  /** Makes room for so many rows. */
  grow(rowCount: number): void {
    if (this.expiriesMs === undefined) return;
    this.expiriesMs = grownNumbers(this.expiriesMs, rowCount, this.account);
  }

  /** Gives all memory back; there is room for no row then. */
  free(): void {
    this.account.close();
    if (this.expiriesMs !== undefined) this.expiriesMs = new Float64Array(0);
  }

  expiryMs(row: number): number {
    return this.expiriesMs?.[row] ?? Number.NaN;
  }

  /** Gives every row this expiry, or none. */
  setAllExpiriesMs(expires: boolean, expiryMs: number): void {
    this.account.replace(this.expiriesMs?.byteLength ?? 0, expires ? this.capacity * 8 : 0);
    this.expiriesMs = expires ? new Float64Array(this.capacity).fill(expiryMs) : undefined;
  }

  setExpiryMs(row: number, expiryMs: number): void {
    if (this.expiriesMs !== undefined) this.expiriesMs[row] = expiryMs;
  }
}

class SavedNumber implements Change {
  private readonly column: NumberColumn;
  private readonly row: number;
  private readonly value: number;
  private readonly present: number;
  private readonly expiryMs: number;

  constructor(column: NumberColumn, row: number) {
    this.column = column;
    this.row = row;
    this.value = column.values[row]!;
    this.present = column.present[row]!;
    this.expiryMs = column.expiryMs(row);
  }

  undo(): void {
    this.column.values[this.row] = this.value;
    this.column.present[this.row] = this.present;
    this.column.setExpiryMs(this.row, this.expiryMs);
  }
}

/** Numbers, eight bytes each and one more that says whether there is one. */
export class NumberColumn extends StateColumn {
  values: Float64Array = new Float64Array(0);
  present: Uint8Array = new Uint8Array(0);

  get capacity(): number {
    return this.values.length;
  }

  has(row: number): boolean {
    return this.present[row] === 1;
  }

  select(rows: Int32Array, target: Int32Array): number {
    const { present } = this;
    let count = 0;
    for (let i = 0; i < rows.length; i++) if (present[rows[i]!] === 1) target[count++] = rows[i]!;
    return count;
  }

  set(row: number, value: number): void {
    this.values[row] = value;
    this.present[row] = 1;
  }

  clear(row: number): void {
    this.present[row] = 0;
  }

  save(row: number, log: UndoLog): void {
    log.record(new SavedNumber(this, row));
  }

  copyCell(row: number, from: NumberColumn, fromRow: number): void {
    this.values[row] = from.values[fromRow]!;
    this.present[row] = from.present[fromRow]!;
    this.setExpiryMs(row, from.expiryMs(fromRow));
  }

  emptyCopy(account: MemoryAccount): NumberColumn {
    return new NumberColumn(this.expiriesMs !== undefined, account);
  }

  override grow(rowCount: number): void {
    super.grow(rowCount);
    this.values = grownNumbers(this.values, rowCount, this.account);
    this.present = grownBytes(this.present, rowCount, this.account);
  }

  override free(): void {
    super.free();
    this.values = new Float64Array(0);
    this.present = new Uint8Array(0);
  }

  memoryBytes(): number {
    return this.values.byteLength + this.present.byteLength + (this.expiriesMs?.byteLength ?? 0);
  }
}

class SavedValue implements Change {
  private readonly column: HeapColumn;
  private readonly row: number;
  private readonly value: unknown;
  private readonly expiryMs: number;

  constructor(column: HeapColumn, row: number, value: unknown) {
    this.column = column;
    this.row = row;
    this.value = value;
    this.expiryMs = column.expiryMs(row);
  }

  undo(): void {
    this.column.setValue(this.row, this.value);
    this.column.setExpiryMs(this.row, this.expiryMs);
  }
}

/** A copy whose values can be changed apart. Keys are never changed. */
const cloneMap = (map: ValueMap<unknown, unknown>): ValueMap<unknown, unknown> => {
  const copy = new ValueMap<unknown, unknown>();
  for (const [key, held] of map) {
    const isTimed = held instanceof Timed;
    copy.set(key, isTimed ? new Timed(cloneValue(held.value), held.expiryMs) : cloneValue(held));
  }
  return copy;
};

/** What is counted for a heap value: a small object. */
const heapValueBytes = 64;
/** How many rows are looked at to estimate how many hold one. */
const sampledRows = 128;

/** Values of any kind, as the user gave them. */
export class HeapColumn extends StateColumn {
  protected values: unknown[] = [];

  get capacity(): number {
    return this.values.length;
  }

  has(row: number): boolean {
    return this.values[row] !== absent;
  }

  select(rows: Int32Array, target: Int32Array): number {
    const { values } = this;
    let count = 0;
    for (let i = 0; i < rows.length; i++) if (values[rows[i]!] !== absent) target[count++] = rows[i]!;
    return count;
  }

  /** What a row holds, or `absent`, for whoever may change it in place. */
  valueAt(row: number): unknown {
    return this.values[row];
  }

  setValue(row: number, value: unknown): void {
    this.values[row] = value;
  }

  /** What a row holds, or `absent`, to be looked at. */
  read(row: number): unknown {
    return this.values[row];
  }

  /** The same as a copy that nobody else has. */
  copyOf(row: number): unknown {
    const value = this.values[row];
    return value instanceof ValueMap ? cloneMap(value) : cloneValue(value);
  }

  /** The value of a row that has one, ready to be handed out: a copy of the record's own when it must be restorable. */
  take(row: number, log: UndoLog | undefined): unknown {
    const value = this.valueAt(row);
    if (log === undefined || log.mayChange(value)) return value;
    const copy = cloneValue(value);
    this.save(row, log);
    log.adopt(copy);
    this.setValue(row, copy);
    return copy;
  }

  clear(row: number): void {
    this.setValue(row, absent);
  }

  save(row: number, log: UndoLog): void {
    log.record(new SavedValue(this, row, this.values[row]));
  }

  copyCell(row: number, from: HeapColumn, fromRow: number): void {
    this.setValue(row, from.copyOf(fromRow));
    this.setExpiryMs(row, from.expiryMs(fromRow));
  }

  emptyCopy(account: MemoryAccount): HeapColumn {
    return new HeapColumn(this.expiriesMs !== undefined, account);
  }

  override grow(rowCount: number): void {
    super.grow(rowCount);
    while (this.values.length < rowCount) this.values.push(absent);
  }

  override free(): void {
    super.free();
    this.values = [];
  }

  memoryBytes(): number {
    const { length } = this.values;
    const step = Math.max(1, Math.floor(length / sampledRows));
    let objects = 0;
    for (let row = 0; row < length; row += step) if (typeof this.values[row] === 'object') objects += step;
    return length * 8 + objects * heapValueBytes + (this.expiriesMs?.byteLength ?? 0);
  }
}
