/** A record whose results are not there yet, or not handed on yet. */
export class InFlight {
  readonly value: unknown;
  /** NaN = none. */
  readonly timestampMs: number;
  /** −1 = the input has no keys. */
  readonly keyGroup: number;
  /** Whether it is in the queue; one that is done at once may go out without. */
  queued: boolean = false;
  /** Whether `results` or `failure` is there. */
  done: boolean = false;
  results: unknown = undefined;
  failure: { readonly error: unknown } | undefined = undefined;
  /** Moved to another slot: nothing of it may come out here. */
  dropped: boolean = false;
  /** For the unordered queue. */
  segment: Segment | undefined = undefined;

  constructor(value: unknown, timestampMs: number, keyGroup: number) {
    this.value = value;
    this.timestampMs = timestampMs;
    this.keyGroup = keyGroup;
  }
}

/** The records between two watermarks. */
interface Segment {
  /** Elements not yet taken. */
  left: number;
  /** Done and not yet taken, in the order in which they became done. */
  readonly done: InFlight[];
  /** The watermark behind the segment; undefined = still open. */
  watermarkMs: number | undefined;
}

/** Keeps results back until it is their turn, and watermarks until everything before them was taken. */
export interface InFlightQueue {
  /** Neither elements nor watermarks. */
  readonly isEmpty: boolean;
  /** Elements not yet taken. */
  readonly size: number;
  add(element: InFlight): void;
  addWatermark(watermarkMs: number): void;
  /** The element has become done. */
  completed(element: InFlight): void;
  /** The next element whose turn it is, or undefined. */
  take(): InFlight | undefined;
  /** The watermark before which nothing is left, or −Infinity. Later ones wait for later elements. */
  takeWatermark(): number;
}

/** A list that is read from the front; what was read is given back now and then. */
class Line<T> {
  private items: T[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  first(): T | undefined {
    return this.items[this.head];
  }

  last(): T | undefined {
    return this.length === 0 ? undefined : this.items[this.items.length - 1];
  }

  push(item: T): void {
    this.items.push(item);
  }

  dropFirst(): void {
    this.head++;
    if (this.head < 1024 && this.head < this.items.length) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}

/** Results in the order of the records. */
class OrderedQueue implements InFlightQueue {
  size = 0;
  private readonly line = new Line<InFlight | number>();

  get isEmpty(): boolean {
    return this.line.length === 0;
  }

  add(element: InFlight): void {
    this.size++;
    this.line.push(element);
  }

  addWatermark(watermarkMs: number): void {
    this.line.push(watermarkMs);
  }

  completed(): void {}

  take(): InFlight | undefined {
    const first = this.line.first();
    if (!(first instanceof InFlight) || !first.done) return undefined;
    this.size--;
    this.line.dropFirst();
    return first;
  }

  takeWatermark(): number {
    let watermarkMs = -Infinity;
    for (let first = this.line.first(); typeof first === 'number'; first = this.line.first()) {
      watermarkMs = first;
      this.line.dropFirst();
    }
    return watermarkMs;
  }
}

const newSegment = (): Segment => ({ left: 0, done: [], watermarkMs: undefined });

/** Results as they come, but never across a watermark, in either direction. */
class UnorderedQueue implements InFlightQueue {
  size = 0;
  private readonly segments = new Line<Segment>();

  get isEmpty(): boolean {
    return this.segments.length === 0;
  }

  add(element: InFlight): void {
    const last = this.segments.last();
    const segment = last === undefined || last.watermarkMs !== undefined ? newSegment() : last;
    if (segment !== last) this.segments.push(segment);
    segment.left++;
    element.segment = segment;
    this.size++;
    if (element.done) segment.done.push(element);
  }

  addWatermark(watermarkMs: number): void {
    const last = this.segments.last();
    if (last !== undefined) last.watermarkMs = watermarkMs;
    else this.segments.push({ ...newSegment(), watermarkMs });
  }

  completed(element: InFlight): void {
    element.segment?.done.push(element);
  }

  take(): InFlight | undefined {
    const segment = this.segments.first();
    const element = segment?.done.shift();
    if (segment === undefined || element === undefined) return undefined;
    this.size--;
    segment.left--;
    if (segment.left === 0 && segment.watermarkMs === undefined) this.segments.dropFirst();
    return element;
  }

  takeWatermark(): number {
    const segment = this.segments.first();
    if (segment === undefined || segment.left > 0 || segment.watermarkMs === undefined) return -Infinity;
    this.segments.dropFirst();
    return segment.watermarkMs;
  }
}

export const createInFlightQueue = (order: 'ordered' | 'unordered'): InFlightQueue =>
  order === 'ordered' ? new OrderedQueue() : new UnorderedQueue();
