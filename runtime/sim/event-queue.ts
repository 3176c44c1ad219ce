/** Something that will happen at a moment of virtual time. */
export interface Event {
  timeMs: number;
  /** Random: which of several events of one moment comes first. */
  readonly tie: number;
  /** In the order in which they were made, for what is equal in all else. */
  readonly sequence: number;
  readonly run: () => void;
  cancelled: boolean;
}

const isBefore = (one: Event, other: Event): boolean => {
  if (one.timeMs !== other.timeMs) return one.timeMs < other.timeMs;
  return one.tie === other.tie ? one.sequence < other.sequence : one.tie < other.tie;
};

/** A binary heap of events. */
export class EventQueue<E extends Event> {
  private readonly heap: E[] = [];

  get size(): number {
    return this.heap.length;
  }

  push(event: E): void {
    const { heap } = this;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as E;
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  /** The earliest event, taken out; cancelled ones are left out. */
  pop(): E | undefined {
    for (;;) {
      const first = this.popAny();
      if (first === undefined || !first.cancelled) return first;
    }
  }

  private popAny(): E | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as E)) child++;
      const below = heap[child] as E;
      if (!isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
