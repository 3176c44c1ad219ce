import type { FlowCounts } from './flow-counts.ts';

/** What a subtask counts: plain fields, read by the metrics now and then. */
export interface SubtaskStatistics {
  recordsIn: number;
  deadLetters: number;
  /** Event time, −Infinity before the first watermark. */
  watermarkMs: number;
  /** Time in steps that made progress, and in waiting for credit. */
  busyMs: number;
  blockedMs: number;
}

/** How records flow through a subtask now. Event times are −Infinity before the first watermark. */
export interface SubtaskFlow {
  readonly outputWatermarkMs: number;
  /** Since the subtask was made; what was neither work nor waiting for room was waiting for input. */
  readonly elapsedMs: number;
  readonly isBackPressured: boolean;
  /** The newest checkpoint whose barrier has passed, 0 before the first; +Infinity when the subtask has ended. */
  readonly passedCheckpointId: number;
  readonly input: FlowCounts;
  readonly output: FlowCounts;
  /** See `SubtaskInput.watermarksMs`. */
  readonly inputWatermarksMs?: readonly number[] | undefined;
  /** Of a source. */
  readonly source?: SourceFlow | undefined;
}

export interface SourceFlow {
  /** How far the record that was given last lay behind the clock when it was read; NaN when it has no time. */
  readonly fetchLagMs: number;
  /** How far the record that was given last lies behind the clock; NaN when it has no time. */
  readonly emitLagMs: number;
  readonly watermarkLagMs: number;
  /** Since the last record; 0 before the first. */
  readonly idleMs: number;
  /** See `SubtaskInput.driftMs`. */
  readonly driftMs?: number | undefined;
}

export const newStatistics = (): SubtaskStatistics => ({
  recordsIn: 0,
  deadLetters: 0,
  watermarkMs: -Infinity,
  busyMs: 0,
  blockedMs: 0,
});

/** `newest`: see `SubtaskInput.newest`. */
export const sourceFlow = (
  newest: { readonly timestampMs: number; readonly atMs: number },
  watermarkMs: number,
  nowMs: number,
  driftMs?: number,
): SourceFlow => ({
  fetchLagMs: newest.atMs - newest.timestampMs,
  emitLagMs: nowMs - newest.timestampMs,
  watermarkLagMs: nowMs - watermarkMs,
  idleMs: newest.atMs === 0 ? 0 : nowMs - newest.atMs,
  ...(driftMs === undefined ? {} : { driftMs }),
});
