import type { Cancellable, System } from '../../../runtime/src/sys/system.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { ObjectName } from './client.ts';
import { KubeError } from './errors.ts';
import { type Priority, type WaitingKey, WaitingKeys } from './waiting-keys.ts';

/** A key that was looked at, for metrics. */
export interface WorkReport {
  readonly key: ObjectName;
  readonly priority: Priority;
  /** From when it was due until the work began. */
  readonly waitedMs: number;
  readonly tookMs: number;
  /** undefined = it went well. */
  readonly error: unknown;
}

export interface WorkQueueOptions {
  readonly system: Pick<System, 'clock' | 'random' | 'timers'>;
  /**
   * Looks at one key, never at the same one twice at once. What it gives is in how many ms to look again; undefined = when something happens.
   * A rejection is a failure: it is tried again, later after each.
   */
  readonly work: (key: ObjectName, priority: Priority) => Promise<number | undefined>;
  /** Keys that are looked at at once. */
  readonly mostAtOnce: number;
  readonly backoff?: Backoff | undefined;
  readonly onWorked?: ((report: WorkReport) => void) | undefined;
}

const usualBackoff: Backoff = { firstMs: 100, mostMs: 60_000 };

const idOf = ({ namespace, name }: ObjectName): string => `${namespace}/${name}`;

/**
 * What a controller is to look at, a key at a time: a key is an object's name, never what has happened to it. A key that fails waits
 * longer after each failure and holds up no other; only what the user writes lets it begin anew at once.
 */
export class WorkQueue {
  private readonly options: WorkQueueOptions;
  private readonly backoff: Backoff;
  private readonly waiting = new WaitingKeys();
  private readonly running = new Set<string>();
  /** Wanted again while they are looked at. */
  private readonly again = new Map<string, { readonly priority: Priority; readonly dueMs: number }>();
  private readonly failures = new Map<string, { readonly inRow: number; readonly untilMs: number }>();
  private timer: Cancellable | undefined;
  private isOpen = false;

  constructor(options: WorkQueueOptions) {
    this.options = options;
    this.backoff = options.backoff ?? usualBackoff;
  }

  /** Keys that could be looked at now if there were room. */
  depth(priority: Priority): number {
    return this.waiting.depth(priority);
  }

  get atWork(): number {
    return this.running.size;
  }

  /** Keys whose last look has failed. */
  get failing(): number {
    return this.failures.size;
  }

  /** Begins to look at keys; those added before have waited. */
  start(): void {
    this.isOpen = true;
    this.turn();
  }

  /** Begins with no key any more; what is under way ends by itself. */
  stop(): void {
    this.isOpen = false;
    this.timer?.cancel();
  }

  add(key: ObjectName, priority: Priority, afterMs: number = 0): void {
    const id = idOf(key);
    const nowMs = this.options.system.clock.monotonicMs();
    const dueMs = Math.max(nowMs + afterMs, this.earliestMs(id, priority));
    if (!this.running.has(id)) {
      this.waiting.add(id, key, priority, nowMs, dueMs);
      this.turn();
      return;
    }
    const before = this.again.get(id);
    if (before === undefined || priority === 'spec' || dueMs < before.dueMs) {
      this.again.set(id, {
        priority: before?.priority === 'spec' ? 'spec' : priority,
        dueMs: Math.min(dueMs, before?.dueMs ?? dueMs),
      });
    }
  }

  /** Forgets that a key has failed: there is nothing of that name any more. */
  forget(key: ObjectName): void {
    this.failures.delete(idOf(key));
  }

  /** What is written to a key that fails, by a user, is looked at at once; what its failure itself makes happen waits. */
  private earliestMs(id: string, priority: Priority): number {
    return priority === 'spec' ? 0 : (this.failures.get(id)?.untilMs ?? 0);
  }

  private turn(): void {
    const { clock, timers } = this.options.system;
    while (this.isOpen && this.running.size < this.options.mostAtOnce) {
      const next = this.waiting.take(clock.monotonicMs());
      if (next === undefined) break;
      void this.work(next);
    }
    this.timer?.cancel();
    const dueMs = this.waiting.nextDueMs();
    const isFull = this.running.size >= this.options.mostAtOnce;
    if (!this.isOpen || isFull || dueMs === undefined) return;
    this.timer = timers.after(dueMs - clock.monotonicMs(), () => this.turn());
  }

  private async work({ id, key, priority, addedAtMs, dueMs }: WaitingKey): Promise<void> {
    const { clock } = this.options.system;
    const beganMs = clock.monotonicMs();
    this.running.add(id);
    let error: unknown;
    let afterMs: number | undefined;
    try {
      afterMs = await this.options.work(key, priority);
      this.failures.delete(id);
    } catch (caught) {
      error = caught;
      afterMs = this.failed(id, caught);
    }
    this.running.delete(id);
    const waitedMs = beganMs - Math.max(addedAtMs, dueMs);
    this.options.onWorked?.({ key, priority, waitedMs, tookMs: clock.monotonicMs() - beganMs, error });
    this.wantAgain(id, key, afterMs);
    this.turn();
  }

  private wantAgain(id: string, key: ObjectName, afterMs: number | undefined): void {
    const nowMs = this.options.system.clock.monotonicMs();
    const wanted = this.again.get(id);
    this.again.delete(id);
    if (wanted !== undefined) {
      const dueMs = Math.max(wanted.dueMs, this.earliestMs(id, wanted.priority));
      this.waiting.add(id, key, wanted.priority, nowMs, dueMs);
    }
    if (afterMs !== undefined) this.waiting.add(id, key, 'resync', nowMs, nowMs + afterMs);
  }

  /** In how many ms it is tried again. */
  private failed(id: string, error: unknown): number {
    const { clock, random } = this.options.system;
    const inRow = (this.failures.get(id)?.inRow ?? 0) + 1;
    const atLeastMs = KubeError.is(error) ? error.retryAfterMs : undefined;
    const afterMs = backoffMs(this.backoff, inRow, random, atLeastMs);
    this.failures.set(id, { inRow, untilMs: clock.monotonicMs() + afterMs });
    return afterMs;
  }
}
