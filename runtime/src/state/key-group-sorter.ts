import { keyGroupOf } from './key-groups.ts';

/**
 * Sorts the records of a batch by key group, so that each group's table is looked up in one tight loop. After `sort`, group
 * `groups[g]` (g < `groupCount`) has the records `positions[starts[g] .. starts[g + 1])`, in order of arrival. The arrays
 * are used again by the next call.
 */
export class KeyGroupSorter {
  positions: Int32Array = new Int32Array(0);
  readonly groups: Int32Array;
  readonly starts: Int32Array;
  groupCount = 0;
  private readonly maxParallelism: number;
  /** Per group: while counting, how many records; then, where the next one goes. */
  private readonly cursors: Int32Array;
  private groupOf: Int32Array = new Int32Array(0);

  constructor(maxParallelism: number) {
    this.maxParallelism = maxParallelism;
    this.groups = new Int32Array(maxParallelism);
    this.starts = new Int32Array(maxParallelism + 1);
    this.cursors = new Int32Array(maxParallelism);
  }

  /** Takes the hashes of the records `from ≤ i < from + length`. */
  sort(hashes: Uint32Array, from: number, length: number): void {
    if (this.positions.length < length) {
      this.positions = new Int32Array(length);
      this.groupOf = new Int32Array(length);
    }
    const { positions, groups, starts, cursors, groupOf, maxParallelism } = this;
    let groupCount = 0;
    for (let i = 0; i < length; i++) {
      const group = keyGroupOf(hashes[from + i]!, maxParallelism);
      groupOf[i] = group;
      if (cursors[group] === 0) groups[groupCount++] = group;
      cursors[group]! += 1;
    }
    let start = 0;
    for (let g = 0; g < groupCount; g++) {
      const group = groups[g]!;
      starts[g] = start;
      start += cursors[group]!;
      cursors[group] = starts[g]!;
    }
    starts[groupCount] = start;
    for (let i = 0; i < length; i++) {
      const group = groupOf[i]!;
      positions[cursors[group]!] = from + i;
      cursors[group]! += 1;
    }
    for (let g = 0; g < groupCount; g++) cursors[groups[g]!] = 0;
    this.groupCount = groupCount;
  }
}
