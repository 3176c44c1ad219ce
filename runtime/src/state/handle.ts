import { absent, type HeapColumn, type StateColumn } from './columns.ts';
import type { Cursor } from './cursor.ts';
import type { ExpiryPolicy } from './time-to-live.ts';

/** What all handles of keyed state have in common: they act on the column of one state, at the row of the key in hand. */
export abstract class Handle {
  protected readonly cursor: Cursor;
  /** Number of the state: where its column stands in a group. */
  protected readonly state: number;
  protected readonly expiry: ExpiryPolicy | undefined;

  constructor(cursor: Cursor, state: number, expiry: ExpiryPolicy | undefined) {
    this.cursor = cursor;
    this.state = state;
    this.expiry = expiry;
  }

  /** Forgets the state of the key in hand. */
  clear(): void {
    const { cursor } = this;
    if (cursor.row < 0) return;
    const column = cursor.columns[this.state]!;
    if (column.has(cursor.row)) this.erase(column);
  }

  /** For a row that has a value: whether it may be read at this time. Removes it if not, renews it if reading does. */
  protected isAlive(column: StateColumn): boolean {
    const { cursor, expiry } = this;
    if (expiry === undefined) return true;
    const nowMs = cursor.nowMs();
    const expiryMs = column.expiryMs(cursor.row);
    if (nowMs < expiryMs) {
      if (expiry.renewsOnRead) this.renew(column, nowMs + expiry.afterMs);
      return true;
    }
    if (expiry.returnsExpired) return true;
    this.erase(column);
    return false;
  }

  /** Sets the expiry of a value that is about to be written. */
  protected noteWrite(column: StateColumn, row: number): void {
    const { cursor, expiry } = this;
    if (expiry === undefined) return;
    const expiryMs = column.has(row) ? column.expiryMs(row) : Number.NaN;
    column.setExpiryMs(row, expiry.afterWrite(expiryMs, cursor.nowMs()));
  }

  private renew(column: StateColumn, expiryMs: number): void {
    const { cursor } = this;
    cursor.touch();
    if (cursor.log !== undefined) column.save(cursor.row, cursor.log);
    column.setExpiryMs(cursor.row, expiryMs);
  }

  protected erase(column: StateColumn): void {
    const { cursor } = this;
    cursor.clearing();
    if (cursor.log !== undefined) column.save(cursor.row, cursor.log);
    column.clear(cursor.row);
  }
}

/** A handle of state whose values lie on the heap. */
export abstract class HeapHandle extends Handle {
  /** The value of the key in hand as it lies there; `absent` when there is none that may be read. */
  protected peek(): unknown {
    const { cursor } = this;
    if (cursor.row < 0) return absent;
    const column = cursor.columns[this.state] as HeapColumn;
    const value = column.valueAt(cursor.row);
    return value === absent || !this.isAlive(column) ? absent : value;
  }

  /** Like `peek`, for values that leave this folder: whoever holds an object may change it, which counts as a write. */
  protected take(): unknown {
    const value = this.peek();
    if (typeof value !== 'object' || value === null) return value;
    const { cursor } = this;
    cursor.touch();
    if (cursor.log === undefined) return value;
    return (cursor.columns[this.state] as HeapColumn).take(cursor.row, cursor.log);
  }

  protected replace(value: unknown): void {
    const column = this.beforeWrite();
    column.setValue(this.cursor.row, value);
    this.cursor.log?.adopt(value);
  }

  /** Makes a row if need be, saves what is there and sets the expiry. */
  protected beforeWrite(): HeapColumn {
    const { cursor } = this;
    const row = cursor.writableRow();
    const column = cursor.columns[this.state] as HeapColumn;
    if (cursor.log !== undefined) column.save(row, cursor.log);
    if (this.expiry !== undefined) this.noteWrite(column, row);
    return column;
  }
}
