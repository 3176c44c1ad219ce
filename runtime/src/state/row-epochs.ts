import { grownIntegers } from './capacity.ts';
import type { KeyIndex } from './key-index.ts';
import type { MemoryAccount } from './memory-account.ts';

/**
 * In which epoch each row was last written: four bytes a row. That says what has changed since a checkpoint, to the row, and
 * costs a write one comparison; the first write of a row in an epoch is also when an open snapshot must save the row.
 */
export class RowEpochs {
  /** By row; 0 = never. */
  values: Int32Array = new Int32Array(0);
  private readonly account: MemoryAccount;

  constructor(account: MemoryAccount) {
    this.account = account;
  }

  /** Makes room for so many rows. */
  grow(rowCount: number): void {
    if (rowCount > this.values.length) this.values = grownIntegers(this.values, rowCount, this.account);
  }

  /** The next row in use that was written later than this epoch; −1 at the end. Start with −1. */
  nextRow(index: KeyIndex, after: number, epoch: number): number {
    const { values } = this;
    let row = index.nextRow(after);
    while (row >= 0 && values[row]! <= epoch) row = index.nextRow(row);
    return row;
  }

  /** Gives all memory back; there is room for no row then. */
  free(): void {
    this.account.shrink(this.values.byteLength);
    this.values = new Int32Array(0);
  }

  memoryBytes(): number {
    return this.values.byteLength;
  }
}
