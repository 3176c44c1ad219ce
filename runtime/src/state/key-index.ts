import type { BatchKeys } from '../batch/batch.ts';
import { ByteKeys } from './byte-keys.ts';
import { MemoryAccount } from './memory-account.ts';
import { NumberKeys } from './number-keys.ts';
import { RowSpace } from './row-space.ts';

/**
 * From key to row. Keys are any values of the value domain, compared as the domain says (1, '1' and 1n are three keys; −0 is
 * 0; NaN is NaN). As long as all keys are numbers they lie in a column of doubles; the first other key moves them to bytes,
 * once. A row keeps its number until its key is removed; a removed row is used again by the next new key.
 *
 * Every hash given must be the `hashValue` of its key.
 */
export class KeyIndex {
  readonly rows: RowSpace;
  private numbers: NumberKeys | undefined;
  private bytes: ByteKeys | undefined;
  private readonly account: MemoryAccount;

  constructor(account: MemoryAccount = new MemoryAccount()) {
    this.account = account;
    this.rows = new RowSpace(account);
    this.numbers = new NumberKeys(this.rows, account);
  }

  /** How many keys there are. */
  get size(): number {
    return this.rows.size;
  }

  /** All rows are below this: columns must be at least that long. */
  get rowLimit(): number {
    return this.rows.limit;
  }

  /** The row of a key; −1 when there is none. */
  find(key: unknown, hash: number): number {
    if (this.numbers === undefined) return this.bytes!.find(key, hash);
    return typeof key === 'number' ? this.numbers.find(key, hash) : -1;
  }

  /** The row of a key, made if there is none. */
  findOrInsert(key: unknown, hash: number): number {
    if (this.numbers !== undefined && typeof key === 'number') return this.numbers.findOrInsert(key, hash);
    return this.asBytes().findOrInsert(key, hash);
  }

  /** Rows of many numbers, made where there are none: that of `keys[from + j]` goes to `target[j]`, for j < length. */
  lookupNumbers(
    keys: Float64Array,
    hashes: Uint32Array,
    from: number,
    length: number,
    target: Int32Array,
  ): void {
    if (this.numbers !== undefined) this.numbers.lookup(keys, hashes, from, length, target);
    else this.asBytes().lookup(keys, hashes, from, length, target);
  }

  /** Rows of many keys of any kind, like `lookupNumbers`. */
  lookup(
    keys: Float64Array | readonly unknown[],
    hashes: Uint32Array,
    from: number,
    length: number,
    target: Int32Array,
  ): void {
    if (keys instanceof Float64Array) this.lookupNumbers(keys, hashes, from, length, target);
    else if (this.bytes !== undefined) this.bytes.lookup(keys, hashes, from, length, target);
    else for (let j = 0; j < length; j++) target[j] = this.findOrInsert(keys[from + j], hashes[from + j]!);
  }

  /**
   * Rows of selected keys, made where there are none: that of `keys[positions[j]]` goes to `target[j]`, for j in [from, to).
   * For the records of a batch that belong to one key group.
   */
  lookupAt(
    keys: Float64Array | readonly unknown[],
    hashes: Uint32Array,
    positions: Int32Array,
    from: number,
    to: number,
    target: Int32Array,
  ): void {
    if (this.numbers !== undefined && keys instanceof Float64Array) {
      this.numbers.lookupAt(keys, hashes, positions, from, to, target);
    } else if (this.bytes !== undefined) {
      this.bytes.lookupAt(keys, hashes, positions, from, to, target);
    } else {
      for (let j = from; j < to; j++) {
        const position = positions[j]!;
        target[j] = this.findOrInsert(keys[position], hashes[position]!);
      }
    }
  }

  /**
   * Rows of the keys of another index, made where there are none: that of the key in its row `rows[j]` goes to `target[j]`, for
   * j < length.
   */
  lookupRows(source: KeyIndex, rows: Int32Array, length: number, target: Int32Array): void {
    if (this.numbers !== undefined && source.numbers !== undefined) {
      this.numbers.lookupRows(source.numbers, rows, length, target);
      return;
    }
    for (let j = 0; j < length; j++) {
      const row = rows[j]!;
      target[j] = this.findOrInsert(source.keyAt(row), source.hashAt(row));
    }
  }

  /** The key of a row in use. Strings and objects are made anew at each call. */
  keyAt(row: number): unknown {
    return this.numbers === undefined ? this.bytes!.keyAt(row) : this.numbers.keyAt(row);
  }

  /** The keys of the first `length` of these rows, all in use, with their hashes. */
  keysAt(rows: Int32Array, length: number): BatchKeys {
    if (this.numbers !== undefined) return this.numbers.keysAt(rows, length);
    const values: unknown[] = [];
    const hashes = new Uint32Array(length);
    for (let j = 0; j < length; j++) {
      values.push(this.bytes!.keyAt(rows[j]!));
      hashes[j] = this.bytes!.hashAt(rows[j]!);
    }
    return { values, hashes };
  }

  /** The keys of these rows, all in use. */
  valuesAt(rows: Int32Array): Float64Array | readonly unknown[] {
    if (this.numbers !== undefined) return this.numbers.valuesAt(rows);
    const bytes = this.bytes!;
    return Array.from(rows, (row) => bytes.keyAt(row));
  }

  /** The hashes of the keys of the first `count` of these rows, all in use, into `target`. */
  hashesAt(rows: Int32Array, count: number, target: Uint32Array): void {
    if (this.numbers === undefined) this.bytes!.hashesAt(rows, count, target);
    else this.numbers.hashesAt(rows, count, target);
  }

  /** The hash of the key of a row in use. */
  hashAt(row: number): number {
    return this.numbers === undefined ? this.bytes!.hashAt(row) : this.numbers.hashAt(row);
  }

  has(row: number): boolean {
    return this.rows.has(row);
  }

  /** The next row in use after this one, −1 at the end: `for (let row = i.nextRow(-1); row >= 0; row = i.nextRow(row))`. */
  nextRow(after: number): number {
    return this.rows.next(after);
  }

  /** Removes the key of a row in use. */
  remove(row: number): void {
    if (this.numbers === undefined) this.bytes!.remove(row);
    else this.numbers.remove(row);
  }

  /** Removes all keys and keeps the memory for the next ones. */
  clear(): void {
    this.rows.clear();
    this.numbers?.clear();
    this.bytes?.clear();
  }

  /** Gives back memory that is not needed now. Rows stay what they are. */
  compact(): void {
    this.numbers?.compact();
    this.bytes?.compact();
  }

  memoryBytes(): number {
    return this.rows.memoryBytes() + (this.numbers?.memoryBytes() ?? 0) + (this.bytes?.memoryBytes() ?? 0);
  }

  private asBytes(): ByteKeys {
    if (this.bytes === undefined) {
      this.bytes = ByteKeys.fromNumbers(this.numbers!, this.account);
      this.account.shrink(this.numbers!.memoryBytes());
      this.numbers = undefined;
    }
    return this.bytes;
  }
}
