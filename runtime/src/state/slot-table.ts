import type { MemoryAccount } from './memory-account.ts';
import type { RowSpace } from './row-space.ts';

const leastSlots = 8;
/** Filled further, linear probing gets slow; less, and the table gets large. */
const fullest = 0.6;

/**
 * The part of an open-addressing hash table that does not depend on the kind of its keys. A slot holds a row plus one in its
 * lower bits and a piece of the hash in its upper ones, so that most keys that differ are told apart without looking at
 * them; 0 is an empty slot. Probing is linear from the lower bits of the hash. Removing moves later entries back instead of
 * leaving marks, so a table never gets slower with age.
 */
export abstract class SlotTable {
  readonly rows: RowSpace;
  protected readonly account: MemoryAccount;
  protected slots: Int32Array = new Int32Array(leastSlots);
  /** Number of slots − 1: selects both the position in a hash and the row in a slot. */
  protected mask: number = leastSlots - 1;
  /** More rows than this and the table grows. */
  protected mostRows: number = Math.floor(leastSlots * fullest);

  constructor(rows: RowSpace, account: MemoryAccount) {
    this.rows = rows;
    this.account = account;
    account.grow(this.slots.byteLength);
  }

  /** The hash of the key of a row, as it was given when the row was made. */
  abstract hashAt(row: number): number;

  /** Enters a row known to be absent. There must be room. */
  protected enter(row: number, hash: number): void {
    const { slots, mask } = this;
    let position = hash & mask;
    while (slots[position] !== 0) position = (position + 1) & mask;
    slots[position] = (hash & ~mask) | (row + 1);
  }

  /** Makes the table large enough for this many rows, or as small as that allows. */
  protected resize(rowCount: number): void {
    let length = leastSlots;
    while (length * fullest < rowCount) length *= 2;
    this.account.replace(this.slots.byteLength, length * 4);
    this.slots = new Int32Array(length);
    this.mask = length - 1;
    this.mostRows = Math.floor(length * fullest);
    const { rows } = this;
    for (let row = rows.next(-1); row >= 0; row = rows.next(row)) this.enter(row, this.hashAt(row));
  }

  /** Takes a row out of the slots; the row space is the caller's business. */
  protected leave(row: number): void {
    const { slots, mask } = this;
    let hole = this.hashAt(row) & mask;
    while ((slots[hole]! & mask) !== row + 1) hole = (hole + 1) & mask;
    let next = (hole + 1) & mask;
    for (let slot = slots[next]!; slot !== 0; slot = slots[next]!) {
      const home = this.hashAt((slot & mask) - 1) & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        slots[hole] = slot;
        hole = next;
      }
      next = (next + 1) & mask;
    }
    slots[hole] = 0;
  }

  /** Forgets all entries and keeps the memory. */
  protected empty(): void {
    this.slots.fill(0);
  }
}
