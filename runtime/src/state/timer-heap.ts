import { compareValues } from '../batch/values.ts';
import { grownIntegers, grownLength, grownNumbers } from './capacity.ts';
import type { FrozenTimers } from './frozen-timers.ts';
import type { KeyGroup } from './key-group.ts';
import { MemoryAccount } from './memory-account.ts';
import { TimerSet } from './timer-set.ts';

/**
 * The timers of one key group in order of time; of equal times the order is that of the keys' hashes, then of the keys, then
 * of the namespaces, so it never depends on how records were spread over slots and batches. A heap of four children a node
 * over typed arrays; every timer knows its position, so that deleting one leaves nothing behind.
 */
export class TimerHeap {
  /** The timer that `pop` has taken out last. */
  row = -1;
  timeMs: number = Number.NaN;
  namespace = 0;
  readonly account: MemoryAccount;
  /** What a snapshot has not read yet: it is told of every timer that comes or goes. */
  frozen: FrozenTimers | undefined;
  private readonly group: KeyGroup;
  private readonly set: TimerSet;
  private length = 0;
  private times: Float64Array = new Float64Array(0);
  private hashes: Uint32Array = new Uint32Array(0);
  private ids: Int32Array = new Int32Array(0);
  /** By id. */
  private positions: Int32Array = new Int32Array(0);

  constructor(group: KeyGroup, account: MemoryAccount = new MemoryAccount()) {
    this.group = group;
    this.account = account;
    this.set = new TimerSet(account);
  }

  /** How many timers wait. */
  get size(): number {
    return this.length;
  }

  /** For how many there is room. */
  get capacity(): number {
    return this.times.length;
  }

  /** Time of the next timer. There must be one. */
  headMs(): number {
    return this.times[0]!;
  }

  /** Returns false when the timer is there already. */
  register(row: number, timeMs: number, namespace: number): boolean {
    const id = this.set.add(row, timeMs, namespace);
    if (id < 0) return false;
    this.frozen?.noteAdded(id);
    if (this.length === this.times.length) this.grow();
    this.rise(this.length++, timeMs, this.group.index.hashAt(row), id);
    return true;
  }

  /** Returns false when there is no such timer. */
  delete(row: number, timeMs: number, namespace: number): boolean {
    const id = this.set.remove(row, timeMs, namespace);
    if (id < 0) return false;
    this.frozen?.noteRemoved(id, row, timeMs, namespace);
    this.fill(this.positions[id]!);
    return true;
  }

  /** Takes the next timer out, into `row`, `timeMs` and `namespace`. There must be one. */
  pop(): void {
    const id = this.ids[0]!;
    this.row = this.set.rowAt(id);
    this.timeMs = this.times[0]!;
    this.namespace = this.set.namespaceAt(id);
    this.set.remove(this.row, this.timeMs, this.namespace);
    this.frozen?.noteRemoved(id, this.row, this.timeMs, this.namespace);
    this.fill(0);
  }

  /** Calls back for every timer, in no order; an id is a small number, given to another timer later. */
  forEach(visit: (row: number, timeMs: number, namespace: number, id: number) => void): void {
    const { set, ids, times } = this;
    for (let at = 0; at < this.length; at++) {
      visit(set.rowAt(ids[at]!), times[at]!, set.namespaceAt(ids[at]!), ids[at]!);
    }
  }

  memoryBytes(): number {
    return this.set.memoryBytes() + this.times.length * (8 + 4 + 4 + 4);
  }

  /** Closes the gap at a position with the last timer. */
  private fill(gap: number): void {
    const last = --this.length;
    if (gap === last) return;
    const { times, hashes, ids } = this;
    const rises = gap > 0 && this.isBefore(times[last]!, hashes[last]!, ids[last]!, (gap - 1) >> 2);
    if (rises) this.rise(gap, times[last]!, hashes[last]!, ids[last]!);
    else this.sink(gap, times[last]!, hashes[last]!, ids[last]!);
  }

  /** Moves a timer from a free position towards the top until it stands behind its parent. */
  private rise(from: number, timeMs: number, hash: number, id: number): void {
    const { times, hashes, ids, positions } = this;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentMs = times[parent]!;
      if (parentMs < timeMs) break;
      if (parentMs === timeMs && !this.isBefore(timeMs, hash, id, parent)) break;
      times[at] = parentMs;
      hashes[at] = hashes[parent]!;
      const moved = ids[parent]!;
      ids[at] = moved;
      positions[moved] = at;
      at = parent;
    }
    this.place(at, timeMs, hash, id);
  }

  /** Moves a timer from a free position towards the bottom until it stands before its children. */
  private sink(from: number, timeMs: number, hash: number, id: number): void {
    const { times, hashes, ids, positions, length } = this;
    let at = from;
    for (;;) {
      const first = at * 4 + 1;
      if (first >= length) break;
      const least = this.leastOf(first, Math.min(first + 4, length));
      const leastMs = times[least]!;
      if (timeMs < leastMs) break;
      if (timeMs === leastMs && this.isBefore(timeMs, hash, id, least)) break;
      times[at] = leastMs;
      hashes[at] = hashes[least]!;
      const moved = ids[least]!;
      ids[at] = moved;
      positions[moved] = at;
      at = least;
    }
    this.place(at, timeMs, hash, id);
  }

  /** Position of the first timer among neighbours. */
  private leastOf(first: number, end: number): number {
    const { times, hashes, ids } = this;
    let least = first;
    let leastMs = times[first]!;
    for (let child = first + 1; child < end; child++) {
      const timeMs = times[child]!;
      if (timeMs > leastMs) continue;
      if (timeMs < leastMs || this.isBefore(timeMs, hashes[child]!, ids[child]!, least)) {
        least = child;
        leastMs = timeMs;
      }
    }
    return least;
  }

  private isBefore(timeMs: number, hash: number, id: number, other: number): boolean {
    const otherMs = this.times[other]!;
    if (timeMs !== otherMs) return timeMs < otherMs;
    const otherHash = this.hashes[other]!;
    if (hash !== otherHash) return hash < otherHash;
    return this.isBeforeByKey(id, this.ids[other]!);
  }

  /** Of two timers with equal times and hashes: of one key, or of two whose hashes happen to be equal. */
  private isBeforeByKey(id: number, other: number): boolean {
    const { set } = this;
    const [row, otherRow] = [set.rowAt(id), set.rowAt(other)];
    if (row === otherRow) return set.namespaceAt(id) < set.namespaceAt(other);
    const { index } = this.group;
    return compareValues(index.keyAt(row), index.keyAt(otherRow)) < 0;
  }

  private place(at: number, timeMs: number, hash: number, id: number): void {
    this.times[at] = timeMs;
    this.hashes[at] = hash;
    this.ids[at] = id;
    this.positions[id] = at;
  }

  private grow(): void {
    const length = grownLength(this.times.length, this.length + 1);
    this.account.replace(this.hashes.byteLength, length * 4);
    const hashes = new Uint32Array(length);
    hashes.set(this.hashes);
    this.hashes = hashes;
    this.times = grownNumbers(this.times, length, this.account);
    this.ids = grownIntegers(this.ids, length, this.account);
    this.positions = grownIntegers(this.positions, length, this.account);
  }
}
