import { grownIntegers } from './capacity.ts';
import type { KeyIndex } from './key-index.ts';
import type { MemoryAccount } from './memory-account.ts';

/** A page is 2 to this power rows. */
const pageBits = 8;

/**
 * In which epoch each page of rows was last written. A mark is one store of an integer, cheap enough for every write; what
 * has changed since an epoch is then found to the page.
 */
export class DirtyPages {
  /** By page; 0 = never. */
  private epochs: Int32Array = new Int32Array(0);
  private readonly account: MemoryAccount;

  constructor(account: MemoryAccount) {
    this.account = account;
  }

  /** Makes room for so many rows. */
  grow(rowCount: number): void {
    const pages = (rowCount >> pageBits) + 1;
    if (pages > this.epochs.length) this.epochs = grownIntegers(this.epochs, pages, this.account);
  }

  touch(row: number, epoch: number): void {
    this.epochs[row >> pageBits] = epoch;
  }

  /** Marks the rows in `rows[from .. to)`. */
  touchAll(rows: Int32Array, from: number, to: number, epoch: number): void {
    const { epochs } = this;
    for (let j = from; j < to; j++) epochs[rows[j]! >> pageBits] = epoch;
  }

  /** The next row in use on a page that was written later than this epoch; −1 at the end. Start with −1. */
  nextRow(index: KeyIndex, after: number, epoch: number): number {
    const { epochs } = this;
    let row = index.nextRow(after);
    while (row >= 0 && epochs[row >> pageBits]! <= epoch) row = index.nextRow(row | ((1 << pageBits) - 1));
    return row;
  }

  /** Gives all memory back; there is room for no row then. */
  free(): void {
    this.account.shrink(this.epochs.byteLength);
    this.epochs = new Int32Array(0);
  }

  memoryBytes(): number {
    return this.epochs.byteLength;
  }
}
