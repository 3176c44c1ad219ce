import { grownIntegers, grownLength } from './capacity.ts';
import { MemoryAccount } from './memory-account.ts';

/**
 * The rows of a table: dense numbers from 0. A row that is given back is used again before a new one is made, so a row keeps
 * its number for as long as it is in use, and other tables may point at it.
 */
export class RowSpace {
  /** All rows that were ever in use are below this. */
  limit = 0;
  /** How many rows are expected, while a table is restored: what must grow, grows to that at once. */
  expected = 0;
  private free: Int32Array = new Int32Array(0);
  private freeCount = 0;
  /** One bit a row in use; absent while no row was ever given back, which is the common case. */
  private bits: Int32Array | undefined;
  private readonly account: MemoryAccount;

  constructor(account: MemoryAccount = new MemoryAccount()) {
    this.account = account;
  }

  /** How many rows are in use. */
  get size(): number {
    return this.limit - this.freeCount;
  }

  allocate(): number {
    const { bits } = this;
    if (bits === undefined) return this.limit++;
    const row = this.freeCount > 0 ? this.free[--this.freeCount]! : this.limit++;
    if (row >> 5 >= bits.length) this.growBits(bits, row);
    this.bits![row >> 5]! |= 1 << (row & 31);
    return row;
  }

  /** Gives a row in use back. */
  release(row: number): void {
    this.bits ??= this.allBits();
    this.bits[row >> 5]! &= ~(1 << (row & 31));
    if (this.freeCount === this.free.length) {
      this.free = grownIntegers(this.free, grownLength(this.free.length, this.freeCount + 1), this.account);
    }
    this.free[this.freeCount++] = row;
  }

  has(row: number): boolean {
    if (row < 0 || row >= this.limit) return false;
    return this.bits === undefined || (this.bits[row >> 5]! & (1 << (row & 31))) !== 0;
  }

  /** The next row in use after this one; −1 at the end. Start with −1. */
  next(after: number): number {
    const { bits, limit } = this;
    let row = after + 1;
    if (bits === undefined) return row < limit ? row : -1;
    while (row < limit) {
      const rest = bits[row >> 5]! >>> (row & 31);
      if (rest !== 0) return row + 31 - Math.clz32(rest & -rest);
      row = (row & ~31) + 32;
    }
    return -1;
  }

  /** Gives all rows back and starts anew at 0. */
  clear(): void {
    this.account.shrink(this.memoryBytes());
    this.limit = 0;
    this.expected = 0;
    this.freeCount = 0;
    this.free = new Int32Array(0);
    this.bits = undefined;
  }

  memoryBytes(): number {
    return this.free.byteLength + (this.bits?.byteLength ?? 0);
  }

  private growBits(bits: Int32Array, row: number): void {
    this.bits = grownIntegers(bits, grownLength(bits.length, (row >> 5) + 1), this.account);
  }

  private allBits(): Int32Array {
    const length = Math.max(8, (this.limit >> 5) + 1);
    this.account.grow(length * 4);
    const bits = new Int32Array(length);
    bits.fill(-1, 0, this.limit >> 5);
    bits[this.limit >> 5] = (1 << (this.limit & 31)) - 1;
    return bits;
  }
}
