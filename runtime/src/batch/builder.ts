import { Batch } from './batch.ts';

/** Records for which a builder has room at first. */
const defaultCapacity = 2048;

/** Collects records one by one into batches. */
export class BatchBuilder {
  private rows: unknown[] = [];
  private timestamps: Float64Array;

  constructor(capacity: number = defaultCapacity) {
    this.timestamps = new Float64Array(capacity);
  }

  /** Records collected since the last `take`. */
  get length(): number {
    return this.rows.length;
  }

  /** The record added last; there must be one. */
  get newest(): unknown {
    return this.rows.at(-1);
  }

  /** Adds a record; `timestampMs` is NaN for one without event time. */
  append(value: unknown, timestampMs: number): void {
    const position = this.rows.length;
    if (position === this.timestamps.length) this.grow();
    this.rows.push(value);
    this.timestamps[position] = timestampMs;
  }

  /** Forgets all but the first `length` records: what a failing record had emitted. */
  truncate(length: number): void {
    if (length < this.rows.length) this.rows.length = length;
  }

  /** Hands over what was collected and starts anew. */
  take(): Batch {
    const { rows, timestamps } = this;
    this.rows = [];
    if (rows.length * 2 <= timestamps.length) {
      // A small batch gets a copy, so that it does not carry room for a full one about.
      return Batch.ofRows(rows, timestamps.slice(0, rows.length));
    }
    this.timestamps = new Float64Array(timestamps.length);
    return Batch.ofRows(rows, timestamps, rows.length);
  }

  private grow(): void {
    const larger = new Float64Array(Math.max(16, this.timestamps.length * 2));
    larger.set(this.timestamps);
    this.timestamps = larger;
  }
}
