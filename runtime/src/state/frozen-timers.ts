import type { TimerHeap } from './timer-heap.ts';

/**
 * The timers of a heap as a barrier found them, until a snapshot has read them: those that wait now, without those added since
 * and with those that went since.
 */
export class FrozenTimers {
  private readonly heap: TimerHeap;
  /** Ids of timers that were added since. */
  private readonly added: Set<number> = new Set();
  /** Row, time and namespace by turns. */
  private readonly removed: number[] = [];

  constructor(heap: TimerHeap) {
    this.heap = heap;
  }

  get size(): number {
    return this.heap.size - this.added.size + this.removed.length / 3;
  }

  noteAdded(id: number): void {
    this.added.add(id);
  }

  noteRemoved(id: number, row: number, timeMs: number, namespace: number): void {
    if (!this.added.delete(id)) this.removed.push(row, timeMs, namespace);
  }

  /** Calls back for every timer, in no order. */
  forEach(visit: (row: number, timeMs: number, namespace: number) => void): void {
    const { added, removed } = this;
    this.heap.forEach((row, timeMs, namespace, id) => {
      if (!added.has(id)) visit(row, timeMs, namespace);
    });
    for (let i = 0; i < removed.length; i += 3) visit(removed[i]!, removed[i + 1]!, removed[i + 2]!);
  }
}
