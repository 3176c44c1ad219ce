import { Batch } from './batch.ts';
import type { FusedOutput } from './plan.ts';

/** What a fused loop over rows has made so far. */
export class FusedRows implements FusedOutput {
  rows: unknown[];
  timestamps: Float64Array;
  count = 0;

  /** With room for `capacity` records at first. */
  constructor(capacity: number) {
    this.rows = new Array<unknown>(capacity);
    this.timestamps = new Float64Array(capacity);
  }

  grow(): void {
    const larger = new Float64Array(Math.max(16, this.timestamps.length * 2));
    larger.set(this.timestamps);
    this.timestamps = larger;
  }

  /** Forgets all but the first `count` records. */
  truncate(count: number): void {
    if (count < this.count) this.count = count;
  }

  /** The records as a batch. The arrays belong to the batch from then on. */
  toBatch(): Batch {
    const { rows, count, timestamps } = this;
    rows.length = count;
    const fits = count * 2 > timestamps.length ? timestamps : timestamps.slice(0, count);
    return Batch.ofRows(rows, fits, count);
  }
}
