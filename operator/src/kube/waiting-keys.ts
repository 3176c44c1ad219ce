import type { ObjectName } from './client.ts';
import { Heap } from './heap.ts';

/**
 * Why a key is to be looked at, most urgent first: what a user has written; what has happened to an object of it; nothing in particular,
 * it is only time to look again.
 */
export const priorities = ['spec', 'event', 'resync'] as const;
export type Priority = (typeof priorities)[number];

/** Every so many keys that are taken, the least urgent one that waits comes first, so that none waits for ever. */
const turnOfLeast = 8;

/** A key that somebody wants to be looked at. */
export interface WaitingKey {
  readonly key: ObjectName;
  readonly id: string;
  /** When it was added, and from when it may be taken. */
  addedAtMs: number;
  dueMs: number;
  priority: Priority;
  /** Its place in the heap counts only while this is the number there. */
  version: number;
}

interface Delay {
  readonly waiting: WaitingKey;
  readonly dueMs: number;
  readonly version: number;
}

/** Keys of one priority that are due: from one namespace after the other, in each in the order in which they came. */
class Due {
  private readonly namespaces = new Map<string, Map<string, WaitingKey>>();
  size = 0;

  add(waiting: WaitingKey): void {
    const { namespace } = waiting.key;
    const keys = this.namespaces.get(namespace) ?? new Map<string, WaitingKey>();
    this.namespaces.set(namespace, keys);
    keys.set(waiting.id, waiting);
    this.size++;
  }

  remove({ key, id }: WaitingKey): boolean {
    const keys = this.namespaces.get(key.namespace);
    if (keys?.delete(id) !== true) return false;
    if (keys.size === 0) this.namespaces.delete(key.namespace);
    this.size--;
    return true;
  }

  take(): WaitingKey | undefined {
    for (const [namespace, keys] of this.namespaces) {
      for (const waiting of keys.values()) {
        this.remove(waiting);
        // The next turn is another namespace's.
        this.namespaces.delete(namespace);
        if (keys.size > 0) this.namespaces.set(namespace, keys);
        return waiting;
      }
    }
    return undefined;
  }
}

const isMoreUrgent = (one: Priority, other: Priority): boolean =>
  priorities.indexOf(one) < priorities.indexOf(other);

/** The keys that wait, each once. Knows no clock: who asks says what time it is. */
export class WaitingKeys {
  private readonly known = new Map<string, WaitingKey>();
  private readonly due: Readonly<Record<Priority, Due>> = {
    spec: new Due(),
    event: new Due(),
    resync: new Due(),
  };
  private readonly delayed = new Heap<Delay>((one, other) => one.dueMs < other.dueMs);
  private taken = 0;

  get size(): number {
    return this.known.size;
  }

  /** Keys that could be taken now. */
  depth(priority: Priority): number {
    return this.due[priority].size;
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  /** One that waits already waits no longer and counts no less than before. */
  add(id: string, key: ObjectName, priority: Priority, nowMs: number, dueMs: number): void {
    const before = this.known.get(id);
    if (before === undefined) {
      const waiting = { key, id, addedAtMs: nowMs, dueMs, priority, version: 0 };
      this.known.set(id, waiting);
      this.place(waiting, nowMs);
      return;
    }
    const isUrgent = isMoreUrgent(priority, before.priority);
    if (!isUrgent && dueMs >= before.dueMs) return;
    this.due[before.priority].remove(before);
    before.version++;
    before.dueMs = Math.min(before.dueMs, dueMs);
    if (isUrgent) before.priority = priority;
    this.place(before, nowMs);
  }

  /** The most urgent key that is due. */
  take(nowMs: number): WaitingKey | undefined {
    this.release(nowMs);
    const isTurnOfLeast = (this.taken + 1) % turnOfLeast === 0;
    const order = isTurnOfLeast ? priorities.toReversed() : priorities;
    for (const priority of order) {
      const waiting = this.due[priority].take();
      if (waiting === undefined) continue;
      this.known.delete(waiting.id);
      waiting.version++;
      this.taken++;
      return waiting;
    }
    return undefined;
  }

  /** When the next key is due; undefined = none waits for a time to come. */
  nextDueMs(): number | undefined {
    this.forgetMoved();
    return this.delayed.first?.dueMs;
  }

  private place(waiting: WaitingKey, nowMs: number): void {
    const { dueMs, version } = waiting;
    if (dueMs <= nowMs) this.due[waiting.priority].add(waiting);
    else this.delayed.push({ waiting, dueMs, version });
  }

  private release(nowMs: number): void {
    for (;;) {
      this.forgetMoved();
      const next = this.delayed.first;
      if (next === undefined || next.dueMs > nowMs) return;
      this.delayed.pop();
      next.waiting.version++;
      this.due[next.waiting.priority].add(next.waiting);
    }
  }

  private forgetMoved(): void {
    for (let next = this.delayed.first; next !== undefined; next = this.delayed.first) {
      if (next.version === next.waiting.version && this.known.get(next.waiting.id) === next.waiting) return;
      this.delayed.pop();
    }
  }
}
