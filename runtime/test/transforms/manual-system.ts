import type { Cancellable, System } from '../../src/sys/system.ts';

interface PendingTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A machine whose clock stands still until a test moves it. It has no other parts. */
export class ManualSystem {
  nowMs: number;
  readonly system: System;
  private readonly timers = new Set<PendingTimer>();
  private ids = 0;

  constructor(startMs: number = 0) {
    this.nowMs = startMs;
    const parts: Pick<System, 'clock' | 'timers' | 'random'> = {
      clock: { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs },
      timers: {
        after: (delayMs, callback) => this.after(delayMs, callback),
        soon: (callback) => void this.after(0, callback),
      },
      random: { next: () => 0.5, id: () => String(this.ids++).padStart(32, '0') },
    };
    this.system = parts as System;
  }

  /** Timers that wait. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Moves the clock, calling due timers in order of time, those registered on the way included. */
  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (let next = this.earliest(untilMs); next !== undefined; next = this.earliest(untilMs)) {
      this.timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.callback();
    }
    this.nowMs = untilMs;
  }

  private after(delayMs: number, callback: () => void): Cancellable {
    const timer: PendingTimer = { dueMs: this.nowMs + Math.max(0, delayMs), callback };
    this.timers.add(timer);
    return { cancel: () => void this.timers.delete(timer) };
  }

  private earliest(untilMs: number): PendingTimer | undefined {
    let found: PendingTimer | undefined;
    for (const timer of this.timers) {
      if (timer.dueMs <= untilMs && (found === undefined || timer.dueMs < found.dueMs)) found = timer;
    }
    return found;
  }
}

/** Lets every promise that can settle do so. */
export const settlePromises = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
