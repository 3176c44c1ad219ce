import { reasonOf } from '../contract/reason.ts';
import type { Cancellable, Timers } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface LogWatchSettings {
  readonly timers: Timers;
  readonly logger: Logger;
  /** Reads the log, and does what follows from it. */
  look(): Promise<void>;
  /** How long until the next look. */
  delayMs(): number;
}

/** A look that has failed is not repeated at once: the store is in trouble, or workers are. */
const delayAfterFailureMs = 1000;

/** Looks at a log that another process writes, again and again, one look at a time. What fails is told once and tried again. */
export class LogWatch {
  private readonly settings: LogWatchSettings;
  private timer: Cancellable | undefined;
  private looking: Promise<void> | undefined;
  private isOn = false;
  private lastFailure: string | undefined;

  constructor(settings: LogWatchSettings) {
    this.settings = settings;
  }

  /** Why the last look came to nothing; undefined = it did not. */
  get trouble(): string | undefined {
    return this.lastFailure;
  }

  start(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.next(0);
  }

  /** Something has changed here: looks at once. */
  now(): void {
    if (!this.isOn || this.looking !== undefined) return;
    this.timer?.cancel();
    this.next(0);
  }

  end(): void {
    this.isOn = false;
    this.timer?.cancel();
  }

  private next(delayMs: number): void {
    // A look may have ended the one before.
    if (!this.isOn) return;
    this.timer = this.settings.timers.after(delayMs, () => {
      this.looking = this.look().finally(() => {
        this.looking = undefined;
      });
    });
  }

  private async look(): Promise<void> {
    const { settings } = this;
    try {
      await settings.look();
      this.lastFailure = undefined;
      this.next(settings.delayMs());
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== this.lastFailure && this.isOn) settings.logger.warn(`Tries again in a while: ${reason}`);
      this.lastFailure = reason;
      this.next(delayAfterFailureMs);
    }
  }
}
