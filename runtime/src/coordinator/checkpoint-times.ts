import type { LiveCheckpoint } from '../contract/checkpoint.ts';
import { parseDuration } from '../contract/duration.ts';

/** When and how a job takes checkpoints, in ms. */
export interface CheckpointPolicy {
  /** From the start of one to the start of the next. */
  readonly intervalMs: number;
  /** From the end of one to the start of the next, at least. */
  readonly minPauseMs: number;
  /** One that takes longer is given up. */
  readonly timeoutMs: number;
  /** So many in a row may come to nothing before the attempt has failed. */
  readonly tolerableFailures: number;
  /** When a barrier that waits may overtake what is in flight; absent = never. Savepoints and cuts always wait. */
  readonly alignmentTimeoutMs?: number | undefined;
}

/** When the last checkpoint was started and when it ended, by the monotonic clock. */
export interface CheckpointTimes {
  readonly startedMs: number;
  readonly endedMs: number;
}

/** How long to wait until the next checkpoint. Pure. */
export const nextCheckpointDelayMs = (
  { intervalMs, minPauseMs }: CheckpointPolicy,
  { startedMs, endedMs }: CheckpointTimes,
  nowMs: number,
): number => Math.max(0, startedMs + intervalMs - nowMs, endedMs + minPauseMs - nowMs);

/** What the fields of a manifest mean. */
export const checkpointPolicyOf = ({
  interval,
  minPause,
  timeout,
  tolerableFailures,
  unaligned,
}: LiveCheckpoint): CheckpointPolicy => ({
  intervalMs: parseDuration(interval),
  minPauseMs: parseDuration(minPause),
  timeoutMs: parseDuration(timeout),
  tolerableFailures,
  alignmentTimeoutMs: unaligned.enabled ? parseDuration(unaligned.timeout) : undefined,
});
