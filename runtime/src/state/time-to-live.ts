import { positiveDurationMs } from '../api/duration.ts';
import type { TimeToLive } from '../api/state.ts';

/** A time to live, ready for use: what happens to the expiry (ms since the epoch, processing time) of an entry. */
export class ExpiryPolicy {
  readonly afterMs: number;
  /** Whether an entry that has expired but still lies there is read as if it had not. */
  readonly returnsExpired: boolean;
  readonly renewsOnRead: boolean;
  private readonly renewsOnWrite: boolean;

  /** @throws MillraceError job-invalid when `after` is no length of time above 0: such state could never be read. */
  constructor(timeToLive: TimeToLive, stateName: string) {
    const refreshOn = timeToLive.refreshOn ?? 'write';
    this.afterMs = positiveDurationMs(timeToLive.after, `time to live of the state “${stateName}”`);
    this.returnsExpired = timeToLive.returnExpired ?? false;
    this.renewsOnRead = refreshOn === 'read';
    this.renewsOnWrite = refreshOn !== 'create';
  }

  equals(other: ExpiryPolicy): boolean {
    return (
      this.afterMs === other.afterMs &&
      this.returnsExpired === other.returnsExpired &&
      this.renewsOnRead === other.renewsOnRead &&
      this.renewsOnWrite === other.renewsOnWrite
    );
  }

  /** Whether an entry may be read. */
  isVisible(expiryMs: number, nowMs: number): boolean {
    return this.returnsExpired || nowMs < expiryMs;
  }

  /** The expiry of an entry after a write. `expiryMs` is what it had, NaN when the entry is new. */
  afterWrite(expiryMs: number, nowMs: number): number {
    // NaN < anything is false: a new entry, like an expired one, starts its life now.
    return this.renewsOnWrite || !(nowMs < expiryMs) ? nowMs + this.afterMs : expiryMs;
  }
}

/** A value that lives for itself: an entry of a map with a time to live. Never changed; renewing makes another. */
export class Timed {
  readonly value: unknown;
  readonly expiryMs: number;

  constructor(value: unknown, expiryMs: number) {
    this.value = value;
    this.expiryMs = expiryMs;
  }
}
