import { grownBytes } from './capacity.ts';
import { absent, HeapColumn } from './columns.ts';
import type { DiskSpace } from './disk-space.ts';
import { MemoryAccount } from './memory-account.ts';

/** Stands in a column where the value lies on disk. */
export const onDisk: unique symbol = Symbol('on disk');

const isHeld = (value: unknown): boolean => value !== absent && value !== onDisk;

/**
 * A heap column whose values lie in memory or on disk, each in one of the two; which rows have one is known without looking there. A value
 * that is used comes into memory and stays until the space needs room. What is on disk of a row that has another value by now, or none,
 * is never looked at.
 */
export class DiskColumn extends HeapColumn {
  /** How many values are in memory. */
  heldCount = 0;
  /** 1 = the value was used since the space has last looked at it. */
  used: Uint8Array = new Uint8Array(0);
  /** Names the column on disk; absent while nothing of it was ever there. */
  diskId: number | undefined;
  /** By row: what is to be written, or being written. */
  readonly waiting: Map<number, Uint8Array> = new Map();
  /** Its place among the columns of the space; −1 = it has nothing in memory that could go. */
  place = -1;
  private readonly space: DiskSpace;

  constructor(hasExpiry: boolean, space: DiskSpace, account: MemoryAccount = new MemoryAccount()) {
    super(hasExpiry, account);
    this.space = space;
  }

  override valueAt(row: number): unknown {
    const value = this.values[row];
    if (value === absent) return value;
    this.used[row] = 1;
    return value === onDisk ? this.fetch(row) : value;
  }

  override setValue(row: number, value: unknown): void {
    const heldBefore = isHeld(this.values[row]);
    this.values[row] = value;
    if (heldBefore === isHeld(value)) return;
    if (heldBefore) this.lose(1);
    else this.hold(row);
  }

  override read(row: number): unknown {
    const value = this.values[row];
    return value === onDisk ? this.space.read(this, row) : value;
  }

  override copyOf(row: number): unknown {
    return this.values[row] === onDisk ? this.space.read(this, row) : super.copyOf(row);
  }

  override emptyCopy(account: MemoryAccount): DiskColumn {
    return new DiskColumn(this.expiriesMs !== undefined, this.space, account);
  }

  override grow(rowCount: number): void {
    super.grow(rowCount);
    this.used = grownBytes(this.used, rowCount, this.account);
  }

  override free(): void {
    super.free();
    this.used = new Uint8Array(0);
    this.discard();
  }

  override discard(): void {
    this.lose(this.heldCount);
    this.waiting.clear();
    this.space.leave(this);
  }

  override memoryBytes(): number {
    return super.memoryBytes() + this.used.byteLength;
  }

  /** The next row after this one whose value is in memory; −1 at the end. */
  nextHeld(after: number): number {
    const { values } = this;
    for (let row = after + 1; row < values.length; row++) if (isHeld(values[row])) return row;
    return -1;
  }

  /** A value goes to disk, as these bytes. */
  release(row: number, bytes: Uint8Array): void {
    this.values[row] = onDisk;
    this.lose(1);
    this.waiting.set(row, bytes);
  }

  private fetch(row: number): unknown {
    const value = this.space.read(this, row);
    // What waits to be written is out of date as soon as the value is changed.
    this.waiting.delete(row);
    this.values[row] = value;
    this.hold(row);
    return value;
  }

  private lose(count: number): void {
    this.heldCount -= count;
    this.space.heldCount -= count;
  }

  private hold(row: number): void {
    this.used[row] = 1;
    this.heldCount += 1;
    this.space.heldCount += 1;
    if (this.place < 0) this.space.enter(this);
  }
}
