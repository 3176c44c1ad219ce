import { hashNumber } from '../batch/hash.ts';
import { grownLength, grownNumbers } from './capacity.ts';
import { SlotTable } from './slot-table.ts';

/**
 * Rows by number: the keys lie in one column of doubles. NaN is a key like any other, and −0 is 0. Every hash must be the
 * `hashNumber` of its key: it is not stored, and computed again when the table grows.
 */
export class NumberKeys extends SlotTable {
  private keys: Float64Array = new Float64Array(0);

  keyAt(row: number): number {
    return this.keys[row]!;
  }

  hashAt(row: number): number {
    return hashNumber(this.keys[row]!);
  }

  /** The hashes of the keys of the first `count` of these rows, into `target`. */
  hashesAt(rows: Int32Array, count: number, target: Uint32Array): void {
    const { keys } = this;
    for (let j = 0; j < count; j++) target[j] = hashNumber(keys[rows[j]!]!);
  }

  /** The keys of the first `length` of these rows, with their hashes. */
  keysAt(rows: Int32Array, length: number): { readonly values: Float64Array; readonly hashes: Uint32Array } {
    const { keys } = this;
    const values = new Float64Array(length);
    const hashes = new Uint32Array(length);
    for (let j = 0; j < length; j++) {
      const key = keys[rows[j]!]!;
      values[j] = key;
      hashes[j] = hashNumber(key);
    }
    return { values, hashes };
  }

  /** The keys of these rows. */
  valuesAt(rows: Int32Array): Float64Array {
    const { keys } = this;
    const values = new Float64Array(rows.length);
    for (let j = 0; j < rows.length; j++) values[j] = keys[rows[j]!]!;
    return values;
  }

  /** The row of a key; −1 when there is none. */
  find(key: number, hash: number): number {
    const { slots, mask, keys } = this;
    let position = hash & mask;
    for (let slot = slots[position]!; slot !== 0; slot = slots[position]!) {
      if (((slot ^ hash) & ~mask) === 0) {
        const row = (slot & mask) - 1;
        const stored = keys[row]!;
        if (stored === key || (Number.isNaN(stored) && Number.isNaN(key))) return row;
      }
      position = (position + 1) & mask;
    }
    return -1;
  }

  findOrInsert(key: number, hash: number): number {
    const row = this.find(key, hash);
    return row >= 0 ? row : this.insert(key, hash);
  }

  /** Rows of many keys, made where there are none: that of `keys[from + j]` goes to `target[j]`, for j < length. */
  lookup(keys: Float64Array, hashes: Uint32Array, from: number, length: number, target: Int32Array): void {
    for (let j = 0; j < length; j++) target[j] = this.findOrInsert(keys[from + j]!, hashes[from + j]!);
  }

  /** The same for selected keys: the row of `keys[positions[j]]` goes to `target[j]`, for j in [from, to). */
  lookupAt(
    keys: Float64Array,
    hashes: Uint32Array,
    positions: Int32Array,
    from: number,
    to: number,
    target: Int32Array,
  ): void {
    for (let j = from; j < to; j++) {
      const position = positions[j]!;
      target[j] = this.findOrInsert(keys[position]!, hashes[position]!);
    }
  }

  /** The same for keys of another table: that of the key in its row `rows[j]` goes to `target[j]`, for j < length. */
  lookupRows(source: NumberKeys, rows: Int32Array, length: number, target: Int32Array): void {
    const { keys } = source;
    for (let j = 0; j < length; j++) {
      const key = keys[rows[j]!]!;
      target[j] = this.findOrInsert(key, hashNumber(key));
    }
  }

  /** The row is free afterwards. */
  remove(row: number): void {
    this.leave(row);
    this.rows.release(row);
  }

  clear(): void {
    this.empty();
  }

  /** Gives back memory that the rows in use do not need. */
  compact(): void {
    const { limit } = this.rows;
    this.resize(limit);
    this.account.replace(this.keys.byteLength, Math.min(limit, this.keys.length) * 8);
    this.keys = this.keys.slice(0, limit);
  }

  memoryBytes(): number {
    return this.slots.byteLength + this.keys.byteLength;
  }

  private growKeys(row: number): void {
    this.keys = grownNumbers(
      this.keys,
      grownLength(this.keys.length, Math.max(row + 1, this.rows.expected)),
      this.account,
    );
  }

  private insert(key: number, hash: number): number {
    const { rows } = this;
    if (rows.size >= this.mostRows) this.resize(Math.max(rows.size + 1, rows.expected));
    const row = rows.allocate();
    if (row >= this.keys.length) this.growKeys(row);
    this.keys[row] = key + 0;
    this.enter(row, hash);
    return row;
  }
}
