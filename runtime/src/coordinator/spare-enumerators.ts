import type { Cancellable, Timers } from '../sys/system.ts';
import type { WarmEnumerators } from './thread-enumerators.ts';

/** The next thread is made when what was begun has had the time to get going. */
const refillAfterMs = 2000;

/** Keeps a thread that has loaded the job for the enumerators of the next attempt, so that it waits for no code. */
export class SpareEnumerators {
  private readonly timers: Timers;
  private readonly warmUp: () => WarmEnumerators;
  private spare: WarmEnumerators | undefined;
  private refill: Cancellable | undefined;

  constructor(timers: Timers, warmUp: () => WarmEnumerators) {
    this.timers = timers;
    this.warmUp = warmUp;
    this.spare = warmUp();
  }

  take(): WarmEnumerators {
    const taken = this.spare ?? this.warmUp();
    this.spare = undefined;
    this.refill?.cancel();
    this.refill = this.timers.after(refillAfterMs, () => {
      this.spare = this.warmUp();
    });
    return taken;
  }

  /** There will be no attempt any more. */
  async close(): Promise<void> {
    this.refill?.cancel();
    await this.spare?.close();
  }
}
