import { estimateValueBytes } from './estimate.ts';

/** Records of a batch at most, unless told otherwise. */
const usualBatchSize = 2048;
/** Its bytes at most. */
const usualBatchBytes = 4 * 2 ** 20;
/** The first look is after so many records, each further one when there are so many times more. */
const firstLook = 8;
const lookFactor = 4;

/** How large batches may become; absent = as usual. */
export interface BatchSizes {
  readonly records?: number | undefined;
  readonly bytes?: number | undefined;
}

/**
 * Says when a batch under construction is full: by its records, or by its bytes, which are estimated from its newest record
 * after 8, 32, 128 … records. In between it costs one comparison a record: with `lookAt`.
 */
export class BatchLimit {
  /** At fewer records than this the batch is not full. */
  lookAt: number;
  private readonly records: number;
  private readonly bytes: number;
  private estimatedBytes = 0;
  private estimatedRecords = 0;

  constructor({ records = usualBatchSize, bytes = usualBatchBytes }: BatchSizes = {}) {
    this.records = records;
    this.bytes = bytes;
    this.lookAt = Math.min(firstLook, records);
  }

  /** Whether a batch of so many records, the last of them this one, is full. */
  isFull(count: number, newest: unknown): boolean {
    return count >= this.records || this.isHeavy(count, newest);
  }

  /** Whether it is full by its bytes alone. */
  isHeavy(count: number, newest: unknown): boolean {
    if (count < this.lookAt) return false;
    this.estimatedBytes += Math.max(0, count - this.estimatedRecords) * estimateValueBytes(newest);
    this.estimatedRecords = count;
    this.lookAt = Math.min(this.records, Math.max(this.lookAt * lookFactor, count + 1));
    return this.estimatedBytes >= this.bytes;
  }

  /** A new batch begins. */
  restart(): void {
    this.lookAt = Math.min(firstLook, this.records);
    this.estimatedBytes = 0;
    this.estimatedRecords = 0;
  }
}
