/**
 * How many records are due. The schedule is a straight line from its start: a record is due at start + number ÷ rate, so a
 * late call is made up for by the next one and the rate does not drift.
 */
export class Pace {
  private readonly startMs: number;
  private readonly recordsPerMs: number;

  /** `position` records count as already produced at `nowMs`. */
  constructor(recordsPerSecond: number, position: number, nowMs: number) {
    this.recordsPerMs = recordsPerSecond / 1000;
    this.startMs = nowMs - position / this.recordsPerMs;
  }

  /** The number of records due at `nowMs`, since the start of the schedule. */
  dueAt(nowMs: number): number {
    return Math.floor((nowMs - this.startMs) * this.recordsPerMs + 1e-6);
  }

  /** When this many records are due, in ms on the same clock. */
  timeOf(records: number): number {
    return this.startMs + records / this.recordsPerMs;
  }
}
