import { Batch } from '../batch/batch.ts';
import { keyGroupOf } from '../state/key-groups.ts';
import type { KeyedRecordProcessor } from '../transforms/keyed-record-processor.ts';
import type { Budget, Processor } from '../transforms/processor.ts';
import type { KeySorter } from './key-sorter.ts';
import type { MergedRuns } from './merged-runs.ts';
import { isSameKey, type SortedRecords } from './sorted-records.ts';

/** Records of one key given at once. */
const mostAtOnce = 128;

/**
 * The batch-mode loop: a transform that sees records one by one gets them a key at a time. They are collected and sorted until
 * the input ends; then each key gets its records in order of time, all its event-time timers under the maximal watermark, its
 * pending processing-time timers, once, and its state is dropped. So the state of only one key is alive.
 *
 * Records without a key, those of a broadcast stream, are not sorted: they are seen before all others.
 */
export class KeyAtATimeProcessor implements Processor {
  private readonly inner: KeyedRecordProcessor;
  private readonly sorter: KeySorter;
  private readonly maxParallelism: number;
  private merged: MergedRuns | undefined;
  /** Whether the last record of the key in hand has been given, and what it was. */
  private keyEnds = false;
  private hash = 0;
  /** What a batch of one key is made of, again and again: the transform keeps none of it. */
  private readonly rows: unknown[] = [];
  private readonly keys: unknown[] = [];
  private readonly timestamps = new Float64Array(mostAtOnce);
  private readonly hashes = new Uint32Array(mostAtOnce);

  constructor(inner: KeyedRecordProcessor, sorter: KeySorter, maxParallelism: number) {
    this.inner = inner;
    this.sorter = sorter;
    this.maxParallelism = maxParallelism;
  }

  open(): Promise<void> {
    return this.inner.open();
  }

  close(): Promise<void> {
    this.sorter.close();
    return this.inner.close();
  }

  process(batch: Batch, port: number): void {
    if (batch.keys === undefined) this.inner.process(batch, port);
    else this.sorter.add(batch, batch.keys, port);
  }

  /** Sorting on disk is due at once and goes before further input. */
  nextTimeMs(): number {
    return this.sorter.isFull ? -Infinity : Infinity;
  }

  advanceTime(_nowMs: number, budget: Budget): boolean {
    return this.sorter.spill(budget);
  }

  /** Event time jumps once, from the beginning to the end. */
  advanceWatermark(watermarkMs: number, budget: Budget): boolean {
    return watermarkMs !== Infinity || this.play(budget, true);
  }

  outputWatermark(watermarkMs: number): number {
    return watermarkMs === Infinity ? Infinity : -Infinity;
  }

  /** The records in hand are processed; no timer fires. */
  stop(budget: Budget): boolean {
    return this.play(budget, false);
  }

  private play(budget: Budget, firesTimers: boolean): boolean {
    this.merged ??= this.sorter.merge();
    const { merged } = this;
    for (;;) {
      if (this.keyEnds && !this.endKey(budget, firesTimers)) return false;
      const { part } = merged;
      if (part === undefined) break;
      this.give(merged, part, budget);
      if (!budget.take()) return false;
    }
    this.sorter.close();
    return true;
  }

  /** Gives the next records of one key and one port. */
  private give(merged: MergedRuns, first: SortedRecords, budget: Budget): void {
    const { rows, keys, timestamps, hashes } = this;
    const { at } = merged;
    const port = first.ports[at] as number;
    this.hash = first.hashes[at] as number;
    rows.length = 0;
    keys.length = 0;
    let part: SortedRecords | undefined = first;
    do {
      const position = rows.length;
      rows.push(part.rows[merged.at]);
      keys.push(part.keys[merged.at]);
      timestamps[position] = part.timestamps[merged.at] as number;
      hashes[position] = this.hash;
      budget.take();
      merged.advance();
      part = merged.part;
      this.keyEnds = part === undefined || !isSameKey(first, at, part, merged.at);
    } while (!this.keyEnds && rows.length < mostAtOnce && part?.ports[merged.at] === port);
    this.inner.process(Batch.ofRows(rows, timestamps, rows.length).withKeys({ values: keys, hashes }), port);
  }

  private endKey(budget: Budget, firesTimers: boolean): boolean {
    const { inner } = this;
    if (firesTimers && !(inner.advanceWatermark(Infinity, budget) && inner.finish(budget))) return false;
    inner.beginAnew(keyGroupOf(this.hash, this.maxParallelism));
    this.keyEnds = false;
    return true;
  }
}
