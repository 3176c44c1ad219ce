import { reasonOf } from '../contract/reason.ts';
import type { Clock } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';

/** When a job removes what its checkpoints need no more. */
export interface GarbageTimes {
  /** From the end of one collection to the start of the next, at least. */
  readonly everyMs: number;
  /** Younger objects stay: whoever has just read a manifest may want to see what it names. The log decides what is garbage. */
  readonly minimumAgeMs: number;
}

export const usualGarbageTimes: GarbageTimes = { everyMs: 10_000, minimumAgeMs: 60_000 };

export interface GarbageSettings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly times: GarbageTimes;
  /** See `JobLog.collectGarbage`. */
  collect(minimumAgeMs: number): Promise<unknown>;
  /** Not while something is copied of a checkpoint that may be superseded meanwhile. */
  mayCollect(): boolean;
}

/**
 * Removes garbage of a running job in the background, behind a completed checkpoint and not too often. What fails is no harm: it is
 * logged once, and tried again behind a later checkpoint.
 */
export class Garbage {
  private readonly settings: GarbageSettings;
  private collecting: Promise<void> | undefined;
  private endedMs = -Infinity;
  private hasFailed = false;

  constructor(settings: GarbageSettings) {
    this.settings = settings;
  }

  checkpointCompleted(): void {
    const { clock, times, mayCollect } = this.settings;
    const isTooSoon = clock.monotonicMs() < this.endedMs + times.everyMs;
    if (this.collecting !== undefined || isTooSoon || !mayCollect()) return;
    this.collecting = this.collect();
  }

  /** Resolves when nothing is being removed. */
  async idle(): Promise<void> {
    await this.collecting;
  }

  private async collect(): Promise<void> {
    const { clock, logger, times, collect } = this.settings;
    try {
      await collect(times.minimumAgeMs);
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) logger.warn(`What checkpoints need no more is not removed: ${reasonOf(error)}`);
      this.hasFailed = true;
    }
    this.endedMs = clock.monotonicMs();
    this.collecting = undefined;
  }
}
