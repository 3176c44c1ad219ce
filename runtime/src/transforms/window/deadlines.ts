import { grownIntegers, grownLength, grownNumbers } from '../../state/capacity.ts';
import { MemoryAccount } from '../../state/memory-account.ts';

/**
 * Rows by the time at which they must be looked at: a binary heap in typed arrays. A row is entered once and looked at when
 * its time comes; if by then it is due only later, it is entered again. So moving a deadline back costs nothing.
 */
export class Deadlines {
  private times: Float64Array = new Float64Array(16);
  private rows: Int32Array = new Int32Array(16);
  /** Which use of the row was meant: rows are used again. */
  private stamps: Int32Array = new Int32Array(16);
  private count = 0;
  private readonly account: MemoryAccount;

  constructor(account: MemoryAccount = new MemoryAccount()) {
    this.account = account;
    account.grow(this.times.byteLength + this.rows.byteLength + this.stamps.byteLength);
  }

  /** The first deadline in ms; Infinity when there is none. */
  get nextMs(): number {
    return this.count === 0 ? Infinity : this.times[0]!;
  }

  /** Whether the first deadline has come; also at the end of time, when nothing is left. */
  isDue(progressMs: number): boolean {
    return this.count > 0 && this.times[0]! <= progressMs;
  }

  /** The row and stamp of the first deadline; without meaning when there is none. */
  get nextRow(): number {
    return this.rows[0]!;
  }

  get nextStamp(): number {
    return this.stamps[0]!;
  }

  add(timeMs: number, row: number, stamp: number): void {
    if (this.count === this.times.length) this.grow();
    const { times, rows, stamps } = this;
    let place = this.count++;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (times[parent]! <= timeMs) break;
      times[place] = times[parent]!;
      rows[place] = rows[parent]!;
      stamps[place] = stamps[parent]!;
      place = parent;
    }
    times[place] = timeMs;
    rows[place] = row;
    stamps[place] = stamp;
  }

  /** Removes the first deadline. */
  remove(): void {
    this.count--;
    this.sink(this.times[this.count]!, this.rows[this.count]!, this.stamps[this.count]!);
  }

  /** Gives the first deadline another, later time. */
  postpone(timeMs: number): void {
    this.sink(timeMs, this.rows[0]!, this.stamps[0]!);
  }

  clear(): void {
    this.count = 0;
  }

  /** Puts a deadline at the top and lets it sink to its place. */
  private sink(timeMs: number, row: number, stamp: number): void {
    const { times, rows, stamps, count } = this;
    let place = 0;
    for (let child = 1; child < count; child = place * 2 + 1) {
      if (child + 1 < count && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= timeMs) break;
      times[place] = times[child]!;
      rows[place] = rows[child]!;
      stamps[place] = stamps[child]!;
      place = child;
    }
    times[place] = timeMs;
    rows[place] = row;
    stamps[place] = stamp;
  }

  private grow(): void {
    const length = grownLength(this.times.length, this.count + 1);
    this.times = grownNumbers(this.times, length, this.account);
    this.rows = grownIntegers(this.rows, length, this.account);
    this.stamps = grownIntegers(this.stamps, length, this.account);
  }
}
