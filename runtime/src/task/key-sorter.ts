import type { Batch, BatchKeys } from '../batch/batch.ts';
import { estimateBatchBytes } from '../batch/estimate.ts';
import type { FileSystem } from '../sys/files.ts';
import type { Budget } from '../transforms/processor.ts';
import { MergedRuns, type RunParts } from './merged-runs.ts';
import { RunFile } from './run-file.ts';
import { type ArrivedBatch, mostSorted, type SortedRecords, sortRecords } from './sorted-records.ts';

export interface KeySorterLimits {
  /** What may be in memory before it goes to disk, estimated. */
  readonly memoryBytes: number;
  /** Records sorted at once: little enough for a slice. */
  readonly sortedAtOnce: number;
  /** Records of a part on disk. */
  readonly partRecords: number;
}

export const usualLimits: KeySorterLimits = {
  memoryBytes: 64 * 2 ** 20,
  sortedAtOnce: 8192,
  partRecords: 512,
};

/** Gives the records of a run part by part, each from memory as it is. */
const inMemory = (records: SortedRecords): RunParts => {
  let rest: SortedRecords | undefined = records;
  return () => {
    const part = rest;
    rest = undefined;
    return part;
  };
};

/**
 * Collects the keyed records of one transform and gives them sorted. Some thousands at a time are sorted as they come; what does
 * not fit into memory is merged to a run on disk; at the end all runs are merged. No step of it is longer than a slice.
 */
export class KeySorter {
  private readonly limits: KeySorterLimits;
  private readonly file: RunFile;
  /** Not sorted yet. */
  private arrived: ArrivedBatch[] = [];
  private arrivedRecords = 0;
  /** Sorted, in memory. */
  private sorted: SortedRecords[] = [];
  private bytes = 0;
  /** What is on its way to disk. */
  private spilling: MergedRuns | undefined;

  constructor(files: FileSystem, limits: KeySorterLimits = usualLimits) {
    this.limits = limits;
    this.file = new RunFile(files);
  }

  /** Whether something must go to disk before more may be added. */
  get isFull(): boolean {
    return this.spilling !== undefined || this.bytes >= this.limits.memoryBytes;
  }

  add(batch: Batch, keys: BatchKeys, port: number): void {
    if (this.arrivedRecords + batch.length > mostSorted) this.sort();
    this.arrived.push({ batch, keys, port });
    this.arrivedRecords += batch.length;
    this.bytes += estimateBatchBytes(batch);
    if (this.arrivedRecords >= this.limits.sortedAtOnce) this.sort();
  }

  /** Brings what is in memory to disk. False = call again. */
  spill(budget: Budget): boolean {
    const merged = this.spilling ?? this.beginSpill();
    while (merged.part !== undefined) {
      if (!budget.take()) return false;
      this.file.write(this.takePart(merged, budget));
    }
    this.spilling = undefined;
    return true;
  }

  /** All records in order. Nothing may be added any more. */
  merge(): MergedRuns {
    this.sort();
    const fromDisk = Array.from({ length: this.file.runCount }, (_, run) => this.file.read(run));
    const fromMemory = this.sorted.map(inMemory);
    this.sorted = [];
    return new MergedRuns([...fromDisk, ...fromMemory]);
  }

  /** Lets go of everything, at the end or in the middle. */
  close(): void {
    this.file.close();
    this.arrived = [];
    this.sorted = [];
    this.spilling = undefined;
  }

  private sort(): void {
    if (this.arrivedRecords === 0) return;
    this.sorted.push(sortRecords(this.arrived));
    this.arrived = [];
    this.arrivedRecords = 0;
  }

  private beginSpill(): MergedRuns {
    this.sort();
    this.file.beginRun();
    this.spilling = new MergedRuns(this.sorted.map(inMemory));
    this.sorted = [];
    this.bytes = 0;
    return this.spilling;
  }

  /** The next records as one part. What is used up of the budget is noticed by the caller. */
  private takePart(merged: MergedRuns, budget: Budget): SortedRecords {
    const { partRecords } = this.limits;
    const hashes = new Uint32Array(partRecords);
    const timestamps = new Float64Array(partRecords);
    const ports = new Uint8Array(partRecords);
    const keys: unknown[] = [];
    const rows: unknown[] = [];
    while (merged.part !== undefined && rows.length < partRecords) {
      const { part, at } = merged;
      const position = rows.length;
      hashes[position] = part.hashes[at] as number;
      timestamps[position] = part.timestamps[at] as number;
      ports[position] = part.ports[at] as number;
      keys.push(part.keys[at]);
      rows.push(part.rows[at]);
      merged.advance();
      budget.take();
    }
    return { length: rows.length, hashes, keys, timestamps, rows, ports };
  }
}
