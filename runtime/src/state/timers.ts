import { MillraceError } from '../contract/errors.ts';
import type { Cursor } from './cursor.ts';
import { type KeyGroup, worthFreeing } from './key-group.ts';
import { MemoryAccount } from './memory-account.ts';
import { TimerHeap } from './timer-heap.ts';
import type { Change } from './undo-log.ts';

/** A timer that was registered or deleted. */
class ChangedTimer implements Change {
  private readonly queue: TimerQueue;
  private readonly group: KeyGroup;
  private readonly row: number;
  private readonly timeMs: number;
  private readonly namespace: number;
  private readonly registered: boolean;

  constructor(
    queue: TimerQueue,
    group: KeyGroup,
    row: number,
    timeMs: number,
    namespace: number,
    registered: boolean,
  ) {
    this.queue = queue;
    this.group = group;
    this.row = row;
    this.timeMs = timeMs;
    this.namespace = namespace;
    this.registered = registered;
  }

  undo(): void {
    if (this.registered) this.queue.remove(this.group, this.row, this.timeMs, this.namespace);
    else this.queue.add(this.group, this.row, this.timeMs, this.namespace);
  }
}

/**
 * The timers of one time domain, by key. A timer is a time, a key and a *namespace*, a number by which a window, say, tells
 * its timers apart; each waits at most once. A heap a key group, and over them a tournament that knows the earliest.
 */
export class TimerQueue {
  /** The timer that `pollDue` has given last; its key is the one in hand. */
  timeMs: number = Number.NaN;
  namespace = 0;
  private count = 0;
  private readonly cursor: Cursor;
  private readonly heaps: (TimerHeap | undefined)[];
  /** Half the length of `winners`: the leaf of a key group stands at this plus its number. */
  private readonly leaves: number;
  /** A binary tree of key groups from position 1: the one of two children whose head is earlier; −1 = no timer. */
  private readonly winners: Int32Array;
  /** Time of the next timer, by key group; without meaning where none waits. */
  private readonly headsMs: Float64Array;
  private readonly account: MemoryAccount;

  constructor(cursor: Cursor, account: MemoryAccount = new MemoryAccount()) {
    this.account = account;
    this.cursor = cursor;
    this.heaps = new Array<TimerHeap | undefined>(cursor.groups.length).fill(undefined);
    this.leaves = 2 ** Math.ceil(Math.log2(cursor.groups.length));
    this.winners = new Int32Array(this.leaves * 2).fill(-1);
    this.headsMs = new Float64Array(this.leaves);
    account.grow(this.winners.byteLength + this.headsMs.byteLength);
  }

  /** How many timers wait. */
  get size(): number {
    return this.count;
  }

  /**
   * Registers a timer of the key in hand; one that is there already stays as it is.
   * @throws MillraceError user-code when the time is no number
   */
  register(timeMs: number, namespace: number = 0): void {
    if (typeof timeMs !== 'number' || Number.isNaN(timeMs)) {
      throw new MillraceError('user-code', `A timer was registered for the time ${String(timeMs)}.`, {
        hint: 'Give the time in milliseconds since the epoch; a record without a timestamp has none.',
      });
    }
    const { cursor } = this;
    const row = cursor.writableRow();
    const group = cursor.group!;
    if (!this.add(group, row, timeMs, namespace)) return;
    cursor.log?.record(new ChangedTimer(this, group, row, timeMs, namespace, true));
  }

  /** Deletes a timer of the key in hand, if there is one. */
  delete(timeMs: number, namespace: number = 0): void {
    const { cursor } = this;
    if (cursor.row < 0 || !this.remove(cursor.group!, cursor.row, timeMs, namespace)) return;
    cursor.clearing();
    cursor.log?.record(new ChangedTimer(this, cursor.group!, cursor.row, timeMs, namespace, false));
  }

  /** The earliest time; +Infinity when no timer waits. */
  nextMs(): number {
    const winner = this.winners[1]!;
    return winner < 0 ? Number.POSITIVE_INFINITY : this.headsMs[winner]!;
  }

  /** Whether a timer is due at this time; at the end of time, whether any waits. */
  isDue(untilMs: number): boolean {
    const winner = this.winners[1]!;
    return winner >= 0 && this.headsMs[winner]! <= untilMs;
  }

  /** The same for the timers of one key group. */
  isGroupDue(keyGroup: number, untilMs: number): boolean {
    const heap = this.heaps[keyGroup];
    return heap !== undefined && heap.size > 0 && heap.headMs() <= untilMs;
  }

  /**
   * Takes out the earliest timer that is due at this time, into `timeMs` and `namespace`, and takes its key in hand. False
   * when none is due. Timers come in order of time, then of the hash of the key.
   */
  pollDue(untilMs: number): boolean {
    const winner = this.winners[1]!;
    if (winner < 0 || this.headsMs[winner]! > untilMs) return false;
    const heap = this.heaps[winner]!;
    heap.pop();
    this.count -= 1;
    this.update(winner, heap);
    this.freeIfEmpty(winner, heap);
    const { cursor } = this;
    const group = cursor.groups[winner]!;
    // The timer holds its row until that is in hand: leaving the same row, empty but for it, would give the row away.
    cursor.moveToRow(group, heap.row);
    group.unpin(heap.row);
    cursor.clearing();
    this.timeMs = heap.timeMs;
    this.namespace = heap.namespace;
    return true;
  }

  /** The timers of a key group; undefined when it has none. */
  heapOf(keyGroup: number): TimerHeap | undefined {
    return this.heaps[keyGroup];
  }

  /** Calls back for every timer of a key group, in no order. */
  forEach(keyGroup: number, visit: (row: number, timeMs: number, namespace: number) => void): void {
    this.heaps[keyGroup]?.forEach(visit);
  }

  /** Registers a timer of a row. Returns false when it is there already. */
  add(group: KeyGroup, row: number, timeMs: number, namespace: number): boolean {
    const { number } = group;
    const heap = this.heaps[number] ?? new TimerHeap(group, this.account.open());
    this.heaps[number] = heap;
    if (!heap.register(row, timeMs, namespace)) return false;
    group.pin(row);
    this.count += 1;
    if (heap.headMs() === timeMs) this.update(number, heap);
    return true;
  }

  /** Deletes a timer of a row. Returns false when there is none. */
  remove(group: KeyGroup, row: number, timeMs: number, namespace: number): boolean {
    const { number } = group;
    const heap = this.heaps[number];
    if (heap?.delete(row, timeMs, namespace) !== true) return false;
    group.unpin(row);
    this.count -= 1;
    this.update(number, heap);
    this.freeIfEmpty(number, heap);
    return true;
  }

  /** Forgets the timers of a key group whose state is dropped. */
  dropGroup(keyGroup: number): void {
    const heap = this.heaps[keyGroup];
    if (heap === undefined) return;
    this.count -= heap.size;
    heap.account.close();
    this.heaps[keyGroup] = undefined;
    this.update(keyGroup, undefined);
  }

  memoryBytes(): number {
    return this.heaps.reduce(
      (sum, heap) => sum + (heap?.memoryBytes() ?? 0),
      this.winners.byteLength + this.headsMs.byteLength,
    );
  }

  /** Gives the memory of a heap back that held many timers when the last one goes, as its key group does with its rows. */
  private freeIfEmpty(keyGroup: number, heap: TimerHeap): void {
    if (heap.size > 0 || heap.capacity <= worthFreeing) return;
    heap.account.close();
    this.heaps[keyGroup] = undefined;
  }

  /** Brings the tournament up to date with the head of one key group. */
  private update(keyGroup: number, heap: TimerHeap | undefined): void {
    const { winners, headsMs } = this;
    let position = this.leaves + keyGroup;
    const isEmpty = heap === undefined || heap.size === 0;
    winners[position] = isEmpty ? -1 : keyGroup;
    if (!isEmpty) headsMs[keyGroup] = heap.headMs();
    for (position >>= 1; position > 0; position >>= 1) {
      const left = winners[position * 2]!;
      const right = winners[position * 2 + 1]!;
      // Of equal times the lower key group comes first: its hashes are lower.
      if (left < 0 || (right >= 0 && headsMs[right]! < headsMs[left]!)) winners[position] = right;
      else winners[position] = left;
    }
  }
}
