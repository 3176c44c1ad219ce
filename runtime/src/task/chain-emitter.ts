import type { Batch } from '../batch/batch.ts';
import { BatchLimit, type BatchSizes } from '../batch/batch-limit.ts';
import { BatchBuilder } from '../batch/builder.ts';
import { cutBatch } from '../batch/slice.ts';
import type { Emitter } from '../transforms/processor.ts';

/** Takes whole batches: the next processor of a chain, or an edge. */
export type BatchTarget = (batch: Batch) => void;

/**
 * Collects what a processor emits into batches and hands them to its targets in order. With `recoverable`, a batch is only
 * handed on between two records (at `mark`), so that a failing record can be taken back whole. A batch that comes whole goes on
 * whole, unless a batch size is asked for.
 */
export class ChainEmitter implements Emitter {
  recordsOut = 0;
  private readonly builder = new BatchBuilder();
  private readonly targets: readonly BatchTarget[];
  private readonly recoverable: boolean;
  private readonly limit: BatchLimit;
  private readonly longestBatch: number;

  constructor(targets: readonly BatchTarget[], recoverable: boolean, sizes: BatchSizes = {}) {
    this.targets = targets;
    this.recoverable = recoverable;
    this.limit = new BatchLimit(sizes);
    this.longestBatch = sizes.records ?? Infinity;
  }

  emit(value: unknown, timestampMs: number): void {
    const { builder, limit } = this;
    builder.append(value, timestampMs);
    if (builder.length >= limit.lookAt && !this.recoverable) this.flushIfFull();
  }

  emitBatch(batch: Batch): void {
    this.flush();
    if (batch.length <= this.longestBatch) this.deliver(batch);
    else for (const part of cutBatch(batch, this.longestBatch)) this.deliver(part);
  }

  mark(): number {
    if (this.builder.length >= this.limit.lookAt) this.flushIfFull();
    return this.builder.length;
  }

  rollback(mark: number): void {
    this.builder.truncate(mark);
  }

  /** Hands on what was emitted so far. */
  flush(): void {
    if (this.builder.length === 0) return;
    this.limit.restart();
    this.deliver(this.builder.take());
  }

  private flushIfFull(): void {
    if (this.limit.isFull(this.builder.length, this.builder.newest)) this.flush();
  }

  private deliver(batch: Batch): void {
    this.recordsOut += batch.length;
    for (const target of this.targets) target(batch);
  }
}
