import type { FiredBefore } from './pane-firing.ts';

/**
 * Through which end windows have fired. It is the same for all key groups, except after a group came in from another slot,
 * where time had come further or less far: until it has evened out, each group is asked for.
 */
export class FiredGroups {
  /** All windows that end by here have fired, for every key group. */
  endMs: number = -Infinity;
  private groupEnds: Float64Array | undefined;
  private readonly maxParallelism: number;

  constructor(maxParallelism: number) {
    this.maxParallelism = maxParallelism;
  }

  /** Everything that ends by here has fired, or had nothing to fire. */
  settle(endMs: number): void {
    if (endMs > this.endMs) this.endMs = endMs;
    if (this.groupEnds?.every((groupEndMs) => groupEndMs <= this.endMs) === true) this.groupEnds = undefined;
  }

  /** Through which end the windows of one group have fired. */
  endOf(keyGroup: number): number {
    return Math.max(this.endMs, this.groupEnds?.[keyGroup] ?? -Infinity);
  }

  /** A group came in whose windows have fired through this end. */
  admit(keyGroup: number, endMs: number): void {
    if (endMs === this.endMs && this.groupEnds === undefined) return;
    const { endMs: allMs } = this;
    this.groupEnds ??= new Float64Array(this.maxParallelism).fill(-Infinity);
    this.groupEnds.forEach((groupEndMs, group, ends) => {
      ends[group] = Math.max(groupEndMs, allMs);
    });
    this.groupEnds[keyGroup] = endMs;
    this.endMs = Math.min(allMs, endMs);
  }

  /** For a window about to fire: which groups have fired it already. */
  firedBefore(endMs: number): FiredBefore {
    const { groupEnds } = this;
    return groupEnds === undefined ? undefined : (keyGroup) => groupEnds[keyGroup]! >= endMs;
  }
}
