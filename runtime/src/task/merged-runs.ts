import { compareRecords, type SortedRecords } from './sorted-records.ts';

/** Gives a run part by part; undefined at its end. */
export type RunParts = () => SortedRecords | undefined;

/** Walks over one run. */
class RunCursor {
  /** The part in hand, undefined at the end, and the position in it. */
  part: SortedRecords | undefined;
  at = 0;
  private readonly parts: RunParts;

  constructor(parts: RunParts) {
    this.parts = parts;
    this.load();
  }

  advance(): void {
    this.at++;
    if (this.at === this.part?.length) this.load();
  }

  private load(): void {
    this.at = 0;
    do this.part = this.parts();
    while (this.part?.length === 0);
  }
}

/**
 * Several sorted *runs* as one. The runs are given in order of arrival, which decides between records that are otherwise equal.
 * A binary heap of cursors, the one with the next record on top.
 */
export class MergedRuns {
  private readonly cursors: readonly RunCursor[];
  /** Positions in `cursors`. */
  private readonly heap: number[] = [];

  constructor(runs: readonly RunParts[]) {
    this.cursors = runs.map((parts) => new RunCursor(parts));
    this.cursors.forEach(({ part }, position) => {
      if (part !== undefined) this.heap.push(position);
    });
    for (let place = (this.heap.length >> 1) - 1; place >= 0; place--) this.sink(place);
  }

  /** The part with the next record at `at`; undefined when there is none. */
  get part(): SortedRecords | undefined {
    const [top] = this.heap;
    return top === undefined ? undefined : (this.cursors[top] as RunCursor).part;
  }

  get at(): number {
    const [top] = this.heap;
    return top === undefined ? 0 : (this.cursors[top] as RunCursor).at;
  }

  /** Goes on to the next record. There must be one in hand. */
  advance(): void {
    const { heap } = this;
    const cursor = this.cursors[heap[0] as number] as RunCursor;
    cursor.advance();
    if (cursor.part === undefined) {
      const last = heap.pop() as number;
      if (heap.length === 0) return;
      heap[0] = last;
    }
    this.sink(0);
  }

  private sink(from: number): void {
    const { heap } = this;
    const moved = heap[from] as number;
    let place = from;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.isBefore(heap[child + 1] as number, heap[child] as number)) child++;
      if (!this.isBefore(heap[child] as number, moved)) break;
      heap[place] = heap[child] as number;
      place = child;
    }
    heap[place] = moved;
  }

  private isBefore(left: number, right: number): boolean {
    const a = this.cursors[left] as RunCursor;
    const b = this.cursors[right] as RunCursor;
    const order = compareRecords(a.part as SortedRecords, a.at, b.part as SortedRecords, b.at);
    return order === 0 ? left < right : order < 0;
  }
}
