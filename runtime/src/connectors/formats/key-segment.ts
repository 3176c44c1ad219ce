/** Bytes compared without a loop: those of a key of up to 12 characters and what stands around it. */
const usualBytes = 16;
const noWords = new Int32Array(0);

/**
 * What stands between two values of a record (`,"price":`), to be compared with bytes four at a time. Words overlap where
 * its length is no multiple of four. The first 16 bytes are fields and not an array, which halves the cost of comparing.
 */
export class KeySegment {
  readonly length: number;
  /** The number of the declared field, or −1. */
  readonly field: number;
  /** The segment that follows in the record from which the order was learnt. */
  next: KeySegment | undefined;
  private readonly first: number;
  private readonly second: number;
  private readonly secondAt: number;
  private readonly third: number;
  private readonly thirdAt: number;
  private readonly last: number;
  private readonly lastAt: number;
  /** The words from the 13th byte on, where the segment is longer than usual. */
  private readonly others: Int32Array;

  /** The segment at `start`, at least four bytes long. */
  constructor(view: DataView, start: number, length: number, field: number) {
    this.length = length;
    this.field = field;
    this.next = undefined;
    this.lastAt = length - 4;
    this.secondAt = Math.min(4, this.lastAt);
    this.thirdAt = Math.min(8, this.lastAt);
    this.first = view.getInt32(start, true);
    this.second = view.getInt32(start + this.secondAt, true);
    this.third = view.getInt32(start + this.thirdAt, true);
    this.last = view.getInt32(start + this.lastAt, true);
    this.others = length <= usualBytes ? noWords : new Int32Array(Math.ceil((length - usualBytes) / 4));
    for (let k = 0; k < this.others.length; k++) this.others[k] = view.getInt32(start + 12 + 4 * k, true);
  }

  /** Whether the bytes at `start` are these. Looks no further than a word beyond the first that differs. */
  isAt(view: DataView, start: number): boolean {
    if (view.getInt32(start, true) !== this.first) return false;
    if (view.getInt32(start + this.secondAt, true) !== this.second) return false;
    if (view.getInt32(start + this.thirdAt, true) !== this.third) return false;
    return (
      (this.length <= usualBytes || this.othersAreAt(view, start + 12)) &&
      view.getInt32(start + this.lastAt, true) === this.last
    );
  }

  private othersAreAt(view: DataView, start: number): boolean {
    for (let k = 0; k < this.others.length; k++) {
      if (view.getInt32(start + 4 * k, true) !== this.others[k]) return false;
    }
    return true;
  }
}
