/**
 * `workload` is the job that the simulator runs: sources that name each record by partition and sequence, windows, timers and counts by
 * key, and a two-phase sink whose outlet remembers who published what. Its answers can be computed without running it.
 */
import { SeededRandom } from '../random.ts';

/** One record, which tells where it comes from. */
export interface Numbered {
  readonly partition: number;
  readonly sequence: number;
  readonly key: string;
  readonly amount: number;
  readonly timeMs: number;
}

export interface WorkloadSize {
  readonly partitions: number;
  readonly recordsPerPartition: number;
  readonly keys: number;
  /** Records a batch at most, and how long a reader waits between two batches, in ms. */
  readonly batch: number;
  readonly pauseMs: number;
}

/** Event time between two records of a partition, and how far one may be out of order, in ms. */
const stepMs = 100;
const disorderMs = 500;
/** How far watermarks stay behind: readers begin to read before they have the last of their splits, and none of its records may be late. */
export const lateMs = 2000;
export const windowMs = 1000;
export const sessionGapMs = 120;
export const joinMs = 200;

/** Records that a function throws at. */
export const isBad = (sequence: number): boolean => sequence % 13 === 5;

/** The same record for the same seed and place, whoever reads it, however often. */
export const recordAt = (
  seed: number,
  { keys }: WorkloadSize,
  partition: number,
  sequence: number,
): Numbered => {
  const random = new SeededRandom(seed).fork(`record ${partition}:${sequence}`);
  return {
    partition,
    sequence,
    key: `key-${random.below(keys)}`,
    amount: random.below(1000),
    timeMs: 1_000_000 + sequence * stepMs + random.below(disorderMs),
  };
};

/** Every record of the workload. */
export const allRecords = (seed: number, size: WorkloadSize): readonly Numbered[] =>
  Array.from({ length: size.partitions }, (_, partition) =>
    Array.from({ length: size.recordsPerPartition }, (_, sequence) =>
      recordAt(seed, size, partition, sequence),
    ),
  ).flat();
