import type { TimerContext, TimerService } from '../api/functions.ts';
import { MillraceError } from '../contract/errors.ts';
import type { KeyedStore } from '../state/keyed-store.ts';
import { RecordContext } from './record-context.ts';
import type { RecordOutputs } from './record-outputs.ts';

/**
 * Timers that may be registered after the last watermark: so many, and so many more for each that was pending then. Beyond,
 * they register each other for ever.
 */
const mostAtEnd = 1_000_000;
const mostAtEndForEach = 100;

/** The timers of the key in hand. */
export class KeyTimers implements TimerService {
  private readonly store: KeyedStore;
  private readonly transformName: string;
  /** Event-time timers that may still be registered; endless before the last watermark. */
  private leftAtEnd = Infinity;
  /** The end of the input has come: nothing waits for the clock any more. */
  private clockStands = false;

  constructor(store: KeyedStore, transformName: string) {
    this.store = store;
    this.transformName = transformName;
  }

  registerEventTimeTimer(timestampMs: number): void {
    if (this.leftAtEnd-- <= 0) throw this.endless();
    this.store.eventTimers.register(timestampMs);
  }

  /** At the end of the input a timer that a timer registers is not kept: the clock of a finished job stands still. */
  registerProcessingTimeTimer(timestampMs: number): void {
    if (!this.clockStands) this.store.processingTimers.register(timestampMs);
  }

  deleteEventTimeTimer(timestampMs: number): void {
    this.store.eventTimers.delete(timestampMs);
  }

  deleteProcessingTimeTimer(timestampMs: number): void {
    this.store.processingTimers.delete(timestampMs);
  }

  /** The last watermark is here: timers registered from now on fire in its course. */
  atLastWatermark(): void {
    if (this.leftAtEnd !== Infinity) return;
    this.leftAtEnd = mostAtEnd + mostAtEndForEach * this.store.eventTimers.size;
  }

  stopClock(): void {
    this.clockStands = true;
  }

  /** Neither the last watermark nor the end has come for the next key. */
  beginAnew(): void {
    this.leftAtEnd = Infinity;
    this.clockStands = false;
  }

  private endless(): MillraceError {
    return new MillraceError(
      'user-code',
      `Timers of the transform “${this.transformName}” register each other for ever at the end of the input.`,
      {
        hint: 'Register no further timer when context.watermarkMs is Infinity.',
        where: { transform: this.transformName },
      },
    );
  }
}

/** What a keyed process function sees beside the record or timer. */
export class KeyedRecordContext extends RecordContext implements TimerContext<unknown> {
  readonly timers: KeyTimers;
  timeDomain: 'event' | 'processing' = 'event';
  protected readonly store: KeyedStore;

  constructor(outputs: RecordOutputs, store: KeyedStore, transformName: string) {
    super(outputs);
    this.store = store;
    this.timers = new KeyTimers(store, transformName);
  }

  get key(): unknown {
    return this.store.currentKey;
  }
}
