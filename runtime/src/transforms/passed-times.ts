/**
 * By key group, the time that had passed at the end of a snapshot. Its increments do not name what that time ended, so that nobody needs to
 * remember what is over: who puts their parts together forgets what was due by then.
 */
export class PassedTimes {
  /** The latest of all. */
  latestMs: number = -Infinity;
  private timesMs: Float64Array | undefined;
  private readonly maxParallelism: number;

  constructor(maxParallelism: number) {
    this.maxParallelism = maxParallelism;
  }

  get isEmpty(): boolean {
    return this.timesMs === undefined;
  }

  note(keyGroup: number, timeMs: number): void {
    if (timeMs === -Infinity) return;
    this.timesMs ??= new Float64Array(this.maxParallelism).fill(-Infinity);
    this.timesMs[keyGroup] = Math.max(this.timesMs[keyGroup]!, timeMs);
    this.latestMs = Math.max(this.latestMs, timeMs);
  }

  of(keyGroup: number): number {
    return this.timesMs?.[keyGroup] ?? -Infinity;
  }

  clear(): void {
    this.timesMs = undefined;
    this.latestMs = -Infinity;
  }
}
