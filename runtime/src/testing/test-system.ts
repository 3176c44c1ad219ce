import { createNodeSystem } from '../sys/node-system.ts';
import type { Cancellable, System, Timers } from '../sys/system.ts';
import { createMemoryNet } from './memory-net.ts';

interface PendingTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export interface TestSystemOptions {
  /** What the clock shows at first, ms since the epoch; default 0. */
  readonly startMs?: number;
  /** Of the random numbers; default 1. */
  readonly seed?: number;
}

/** Rounds of timers at one moment after which something is taken to go round in circles. */
const mostRounds = 1_000_000;

/**
 * A machine whose clock stands still until a test moves it, whose random numbers are the same in every run, and whose output is
 * kept as text. Its sockets are in memory and move with its timers; its disk, its HTTP servers and its threads are the real ones.
 */
export class TestSystem {
  readonly system: System;
  /** What was written to standard output. */
  printed = '';
  private nowMsValue: number;
  private readonly timers = new Set<PendingTimer>();
  private randomState: number;

  constructor({ startMs = 0, seed = 1 }: TestSystemOptions = {}) {
    this.nowMsValue = startMs;
    this.randomState = seed >>> 0;
    const nowMs = (): number => this.nowMsValue;
    const timers: Timers = {
      after: (delayMs, callback) => this.after(delayMs, callback),
      soon: (callback) => void this.after(0, callback),
    };
    this.system = {
      ...createNodeSystem(),
      clock: { nowMs, monotonicMs: nowMs },
      timers,
      net: createMemoryNet(timers),
      random: {
        next: () => this.random(),
        id: () => Array.from({ length: 32 }, () => Math.floor(this.random() * 16).toString(16)).join(''),
      },
      standardOutput: {
        write: (text) => {
          this.printed += text;
          return true;
        },
        whenDrained: (callback) => callback(),
      },
    };
  }

  get nowMs(): number {
    return this.nowMsValue;
  }

  /** Timers that wait, those due now included. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  /** When the next timer is due, ms on the clock; undefined = none waits. */
  get nextTimerMs(): number | undefined {
    return this.earliest(Number.POSITIVE_INFINITY)?.dueMs;
  }

  /** Moves the clock and calls the timers that become due, in order of time, those registered on the way included. */
  advance(byMs: number): void {
    const untilMs = this.nowMsValue + byMs;
    for (let rounds = 0; ; rounds++) {
      const next = this.earliest(untilMs);
      if (next === undefined) break;
      if (rounds === mostRounds)
        throw new Error('Timers are registered again and again for the same moment.');
      this.timers.delete(next);
      this.nowMsValue = Math.max(this.nowMsValue, next.dueMs);
      next.callback();
    }
    this.nowMsValue = untilMs;
  }

  /** Calls what is due now; true when there was something. */
  run(): boolean {
    const found = this.earliest(this.nowMsValue) !== undefined;
    if (found) this.advance(0);
    return found;
  }

  private after(delayMs: number, callback: () => void): Cancellable {
    const timer: PendingTimer = { dueMs: this.nowMsValue + Math.max(0, delayMs), callback };
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

  /** A linear congruential generator of 32 bits: good enough for jitter in tests. */
  private random(): number {
    this.randomState = (Math.imul(this.randomState, 1_664_525) + 1_013_904_223) >>> 0;
    return this.randomState / 2 ** 32;
  }
}

/** A machine for tests; see `TestSystem`. */
export const createTestSystem = (options: TestSystemOptions = {}): TestSystem => new TestSystem(options);
