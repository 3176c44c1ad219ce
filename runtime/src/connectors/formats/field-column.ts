import { type Column, Mark } from '../../batch/column.ts';

/** What a column holds so far; `none` until its first value. */
export const Holds = { none: 0, number: 1, text: 2, boolean: 3, any: 4 } as const;
type HoldsKind = (typeof Holds)[keyof typeof Holds];

const textEncoder = (): ((text: string, target: Uint8Array, at: number) => number) => {
  const encoder = new TextEncoder();
  return (text, target, at) => encoder.encodeInto(text, target.subarray(at)).written;
};

const loneSurrogate = /\p{Surrogate}/u;

/**
 * One field of the records being scanned. It takes the type of its first value, also for the batches that follow; a value
 * of another type lies in the side map. A scanner writes plain values straight into the arrays.
 */
export class FieldColumn {
  readonly name: string;
  readonly capacity: number;
  holds: HoldsKind = Holds.none;
  numbers: Float64Array;
  flags: Uint8Array;
  offsets: Int32Array;
  lengths: Int32Array;
  /** The text of this batch's values, one after the other; `used` bytes of it. */
  text: Uint8Array = new Uint8Array(0);
  textView: DataView = new DataView(this.text.buffer);
  used = 0;
  /** As much text may follow before room is asked for again. */
  private textToCome = 0;
  private values: unknown[] = [];
  private marks: Uint8Array | undefined;
  private odd: Map<number, unknown> | undefined;
  private lastOdd: HoldsKind = Holds.none;
  private readonly encode = textEncoder();

  constructor(name: string, capacity: number) {
    this.name = name;
    this.capacity = capacity;
    this.numbers = new Float64Array(0);
    this.flags = new Uint8Array(0);
    this.offsets = new Int32Array(0);
    this.lengths = new Int32Array(0);
  }

  /** Makes room for so many bytes of text beyond those used, and for a word that sticks out, if there is any text. */
  reserveText(byteCount: number): void {
    this.textToCome = byteCount;
    if (this.holds === Holds.text) this.growText();
  }

  private growText(): void {
    const needed = this.used + this.textToCome + 4;
    if (this.text.length >= needed) return;
    const larger = new Uint8Array(Math.max(this.text.length * 2, needed));
    larger.set(this.text.subarray(0, this.used));
    this.text = larger;
    this.textView = new DataView(larger.buffer);
  }

  /** Gives an untyped column its type. Returns whether the column holds this type. */
  accepts(kind: HoldsKind): boolean {
    if (this.holds === kind) return true;
    if (this.holds !== Holds.none) return false;
    this.holds = kind;
    this.allocate();
    return true;
  }

  putNumber(row: number, value: number): void {
    if (this.holds !== Holds.number && !this.accepts(Holds.number)) this.putOdd(row, value, Holds.number);
    else {
      this.numbers[row] = value;
      if (this.marks !== undefined) this.unmark(row);
    }
  }

  putBoolean(row: number, value: boolean): void {
    if (!this.accepts(Holds.boolean)) this.putOdd(row, value, Holds.boolean);
    else {
      this.flags[row] = value ? 1 : 0;
      if (this.marks !== undefined) this.unmark(row);
    }
  }

  /** The text of the value has been written at `start` up to `end` of `text`. */
  endText(row: number, start: number, end: number): void {
    this.offsets[row] = start;
    this.lengths[row] = end - start;
    this.used = end;
    if (this.marks !== undefined) this.unmark(row);
  }

  putString(row: number, value: string): void {
    // A text column holds UTF-8: what is not Unicode goes aside, as a string.
    if (!this.accepts(Holds.text) || loneSurrogate.test(value)) this.putOdd(row, value, Holds.text);
    else {
      this.reserveText(value.length * 3);
      this.endText(row, this.used, this.used + this.encode(value, this.text, this.used));
    }
  }

  /** An array or object. */
  putAny(row: number, value: unknown): void {
    if (!this.accepts(Holds.any)) this.putOdd(row, value, Holds.any);
    else {
      this.values[row] = value;
      if (this.marks !== undefined) this.unmark(row);
    }
  }

  putNull(row: number): void {
    this.mark(row, Mark.null);
  }

  putMissing(row: number): void {
    this.mark(row, Mark.missing);
  }

  /** A value as JSON.parse gives it. */
  putValue(row: number, value: unknown): void {
    if (typeof value === 'number') this.putNumber(row, value);
    else if (typeof value === 'string') this.putString(row, value);
    else if (typeof value === 'boolean') this.putBoolean(row, value);
    else if (value === null) this.putNull(row);
    else if (value === undefined) this.putMissing(row);
    else this.putAny(row, value);
  }

  /** The column of the first `length` rows; the next batch starts empty. */
  take(length: number): Column {
    const marks = this.marks?.subarray(0, length);
    const odd = this.odd;
    const column = this.toColumn(length, marks, odd);
    if (odd !== undefined && odd.size * 2 > length) this.holds = this.lastOdd;
    this.marks = undefined;
    this.odd = undefined;
    this.used = 0;
    this.allocate();
    return column;
  }

  private toColumn(
    length: number,
    marks: Uint8Array | undefined,
    odd: ReadonlyMap<number, unknown> | undefined,
  ): Column {
    switch (this.holds) {
      case Holds.text:
        return {
          type: 'text',
          bytes: this.text.slice(0, this.used),
          offsets: this.offsets.subarray(0, length),
          lengths: this.lengths.subarray(0, length),
          marks,
          odd,
        };
      case Holds.boolean:
        return { type: 'boolean', values: this.flags.subarray(0, length), marks, odd };
      case Holds.any:
        return this.toAnyColumn(length, marks, odd);
      case Holds.number:
        return { type: 'number', values: this.numbers.subarray(0, length), marks, odd };
      default:
        return { type: 'number', values: new Float64Array(length), marks, odd };
    }
  }

  private toAnyColumn(
    length: number,
    marks: Uint8Array | undefined,
    odd: ReadonlyMap<number, unknown> | undefined,
  ): Column {
    const values = this.values;
    values.length = length;
    for (let row = 0; marks !== undefined && row < length; row++) {
      const mark = marks[row];
      if (mark === Mark.value) continue;
      values[row] = mark === Mark.odd ? odd?.get(row) : mark === Mark.null ? null : undefined;
      marks[row] = mark === Mark.missing ? Mark.missing : Mark.value;
    }
    return { type: 'any', values, marks };
  }

  private allocate(): void {
    if (this.holds === Holds.number) this.numbers = new Float64Array(this.capacity);
    else if (this.holds === Holds.boolean) this.flags = new Uint8Array(this.capacity);
    else if (this.holds === Holds.any) this.values = new Array<unknown>(this.capacity).fill(undefined);
    else if (this.holds === Holds.text) {
      this.offsets = new Int32Array(this.capacity);
      this.lengths = new Int32Array(this.capacity);
      this.growText();
    }
  }

  private putOdd(row: number, value: unknown, kind: HoldsKind): void {
    this.odd ??= new Map();
    this.odd.set(row, value);
    this.lastOdd = kind;
    this.mark(row, Mark.odd);
  }

  private mark(row: number, mark: number): void {
    this.marks ??= new Uint8Array(this.capacity);
    if (mark !== Mark.odd && this.marks[row] === Mark.odd) this.odd?.delete(row);
    this.marks[row] = mark;
  }

  /** The row had another value before: the same field twice in a record. */
  private unmark(row: number): void {
    this.mark(row, Mark.value);
  }
}
