import type { PhysicalGraph } from '../graph/physical-graph.ts';

/** Shared memory for the watermarks of a graph's source subtasks. */
export const allocateAlignment = (graph: {
  readonly slots: number;
  readonly tasks: { readonly length: number };
}): SharedArrayBuffer => new SharedArrayBuffer(8 * graph.tasks.length * graph.slots);

/**
 * Where the source subtasks of all slots write their watermarks, and read how far the slowest of their *alignment group* is: a
 * source that is further ahead than the group's drift waits. A subtask that is idle or has ended does not hold others back.
 */
export class AlignmentBoard {
  private readonly watermarks: Float64Array;
  private readonly slots: number;
  private readonly slot: number;
  /** Tasks by the name of their group. */
  private readonly groups = new Map<string, number[]>();
  private readonly graph: PhysicalGraph;

  constructor(graph: PhysicalGraph, slot: number, memory: SharedArrayBuffer) {
    this.graph = graph;
    this.watermarks = new Float64Array(memory);
    this.slots = graph.slots;
    this.slot = slot;
    for (const task of graph.tasks) {
      const spec = task.chain[0]?.spec;
      const group = spec?.kind === 'source' ? spec.watermarks.alignment?.group : undefined;
      if (group === undefined) continue;
      this.groups.set(group, [...(this.groups.get(group) ?? []), task.index]);
      if (slot < task.parallelism) this.report(task.index, -Infinity);
    }
  }

  /** Tells the watermark of this slot's subtask; +Infinity when it is idle or has ended. */
  report(task: number, watermarkMs: number): void {
    this.watermarks[task * this.slots + this.slot] = watermarkMs;
  }

  /** The least watermark of a group, over all its tasks and slots. */
  leastOf(group: string): number {
    let least = Infinity;
    for (const task of this.groups.get(group) ?? []) {
      const subtasks = this.graph.tasks[task]?.parallelism ?? 0;
      for (let slot = 0; slot < subtasks; slot++) {
        least = Math.min(least, this.watermarks[task * this.slots + slot] as number);
      }
    }
    return least;
  }
}
