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

export const newStatistics = (): SubtaskStatistics => ({
  recordsIn: 0,
  deadLetters: 0,
  watermarkMs: -Infinity,
  busyMs: 0,
  blockedMs: 0,
});
