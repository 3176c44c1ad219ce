import type { Clock } from '../sys/system.ts';
import type { Budget } from '../transforms/processor.ts';

/** How long one slice of timers, flushing or clean-up may take before mailbox and credits are looked at again. */
const sliceMs = 5;
/** The clock is read once in so many units of work. */
const unitsPerReading = 128;

/** A budget of time, read from the clock only now and then. */
export class TimeBudget implements Budget {
  private readonly clock: Clock;
  private untilMs = 0;
  private units = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Starts a new slice. */
  renew(): this {
    this.untilMs = this.clock.monotonicMs() + sliceMs;
    this.units = 0;
    return this;
  }

  take(): boolean {
    this.units++;
    return this.units % unitsPerReading !== 0 || this.clock.monotonicMs() < this.untilMs;
  }
}
