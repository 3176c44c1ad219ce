import { grownIntegers, grownLength } from './capacity.ts';
import { EncodedKey } from './encoded-key.ts';
import { KeyArena } from './key-arena.ts';
import { textLength } from './key-text.ts';
import type { MemoryAccount } from './memory-account.ts';
import type { NumberKeys } from './number-keys.ts';
import { SlotTable } from './slot-table.ts';

/**
 * Rows by key of any kind, strings above all. Keys lie as bytes in an arena; a row knows its hash and its place there.
 * Finding a string compares its characters with the bytes, so nothing is allocated. Any other key is encoded to be found.
 */
export class ByteKeys extends SlotTable {
  /** Hash and place in the arena, one pair a row. */
  private entries: Int32Array = new Int32Array(0);
  private arena: KeyArena = new KeyArena(0, this.account);
  /** The key in hand, when it is no string. */
  private readonly probe: EncodedKey = new EncodedKey();

  /** The same keys in the same rows; the numbers must not be used any more. */
  static fromNumbers(numbers: NumberKeys, account: MemoryAccount): ByteKeys {
    const { rows } = numbers;
    const keys = new ByteKeys(rows, account);
    for (let row = rows.next(-1); row >= 0; row = rows.next(row)) {
      keys.probe.encode(numbers.keyAt(row));
      keys.reserve(keys.probe.length);
      keys.setEntry(row, numbers.hashAt(row), keys.arena.addEncoded(keys.probe));
    }
    keys.resize(rows.limit);
    return keys;
  }

  hashAt(row: number): number {
    return this.entries[row * 2]! >>> 0;
  }

  /** The hashes of the keys of the first `count` of these rows, into `target`. */
  hashesAt(rows: Int32Array, count: number, target: Uint32Array): void {
    const { entries } = this;
    for (let j = 0; j < count; j++) target[j] = entries[rows[j]! * 2]!;
  }

  keyAt(row: number): unknown {
    return this.arena.keyAt(this.entries[row * 2 + 1]!);
  }

  /** The row of a key; −1 when there is none. */
  find(key: unknown, hash: number): number {
    if (typeof key === 'string') return this.findText(key, hash);
    this.probe.encode(key);
    return this.findProbe(hash);
  }

  findOrInsert(key: unknown, hash: number): number {
    if (typeof key === 'string') {
      const row = this.findText(key, hash);
      return row >= 0 ? row : this.insertText(key, hash);
    }
    this.probe.encode(key);
    const row = this.findProbe(hash);
    return row >= 0 ? row : this.insertProbe(hash);
  }

  /** Rows of many keys, made where there are none: that of `keys[from + j]` goes to `target[j]`, for j < length. */
  lookup(
    keys: ArrayLike<unknown>,
    hashes: Uint32Array,
    from: number,
    length: number,
    target: Int32Array,
  ): void {
    for (let j = 0; j < length; j++) target[j] = this.findOrInsert(keys[from + j], hashes[from + j]!);
  }

  /** The same for selected keys: the row of `keys[positions[j]]` goes to `target[j]`, for j in [from, to). */
  lookupAt(
    keys: ArrayLike<unknown>,
    hashes: Uint32Array,
    positions: Int32Array,
    from: number,
    to: number,
    target: Int32Array,
  ): void {
    for (let j = from; j < to; j++) {
      const position = positions[j]!;
      target[j] = this.findOrInsert(keys[position], hashes[position]!);
    }
  }

  /** The row is free afterwards. */
  remove(row: number): void {
    this.leave(row);
    this.arena.drop(this.entries[row * 2 + 1]!);
    this.rows.release(row);
  }

  /** Forgets all keys and keeps the memory; the row space is the caller's business. */
  clear(): void {
    this.empty();
    this.arena.clear();
  }

  /** Gives back memory that the rows in use do not need. */
  compact(): void {
    const { limit } = this.rows;
    this.resize(limit);
    this.account.replace(this.entries.byteLength, Math.min(limit * 2, this.entries.length) * 4);
    this.entries = this.entries.slice(0, limit * 2);
    this.moveEntries(this.arena.liveBytes);
  }

  memoryBytes(): number {
    return this.slots.byteLength + this.entries.byteLength + this.arena.memoryBytes();
  }

  private findText(key: string, hash: number): number {
    const { slots, mask, entries } = this;
    let position = hash & mask;
    for (let slot = slots[position]!; slot !== 0; slot = slots[position]!) {
      if (((slot ^ hash) & ~mask) === 0) {
        const row = (slot & mask) - 1;
        if (entries[row * 2] === (hash | 0) && this.arena.isText(entries[row * 2 + 1]!, key)) return row;
      }
      position = (position + 1) & mask;
    }
    return -1;
  }

  private findProbe(hash: number): number {
    const { slots, mask, entries } = this;
    let position = hash & mask;
    for (let slot = slots[position]!; slot !== 0; slot = slots[position]!) {
      if (((slot ^ hash) & ~mask) === 0) {
        const row = (slot & mask) - 1;
        const same = entries[row * 2] === (hash | 0);
        if (same && this.arena.isEncoded(entries[row * 2 + 1]!, this.probe)) return row;
      }
      position = (position + 1) & mask;
    }
    return -1;
  }

  private insertText(key: string, hash: number): number {
    const length = textLength(key);
    this.reserve(length);
    return this.insert(hash, this.arena.addText(key, length));
  }

  private insertProbe(hash: number): number {
    this.reserve(this.probe.length);
    return this.insert(hash, this.arena.addEncoded(this.probe));
  }

  private insert(hash: number, place: number): number {
    const { rows } = this;
    if (rows.size >= this.mostRows) this.resize(Math.max(rows.size + 1, rows.expected));
    const row = rows.allocate();
    this.setEntry(row, hash, place);
    this.enter(row, hash);
    return row;
  }

  private setEntry(row: number, hash: number, place: number): void {
    if (row * 2 >= this.entries.length) {
      const rowCount = grownLength(this.entries.length / 2, Math.max(row + 1, this.rows.expected));
      this.entries = grownIntegers(this.entries, rowCount * 2, this.account);
    }
    this.entries[row * 2] = hash;
    this.entries[row * 2 + 1] = place;
  }

  private reserve(length: number): void {
    const needed = KeyArena.entryLength(length);
    if (!this.arena.reserve(needed)) this.moveEntries(this.arena.liveBytes + needed);
  }

  /** Moves all entries to an arena of this size and so drops what is dead. */
  private moveEntries(capacity: number): void {
    const { rows, entries } = this;
    const arena = new KeyArena(capacity, this.account);
    for (let row = rows.next(-1); row >= 0; row = rows.next(row)) {
      entries[row * 2 + 1] = arena.addFrom(this.arena, entries[row * 2 + 1]!);
    }
    this.arena.free();
    this.arena = arena;
  }
}
