/**
 * A *watermark* of time t says that no record with a timestamp up to t is expected any more. A `WatermarkStrategy` tells
 * where a record's timestamp is and how watermarks follow from timestamps; it is a plain value, each `with…` gives a new one.
 */
import type { Expression } from '../batch/plan.ts';
import { type Duration, durationMs } from './duration.ts';

/** Makes watermarks by hand: per record (punctuated), or when asked every watermark interval (periodic). */
export interface WatermarkGenerator<T> {
  onRecord(value: T, timestampMs: number, output: WatermarkOutput): void;
  onPeriodic(output: WatermarkOutput): void;
}

export interface WatermarkOutput {
  /** A lower watermark than one given before is ignored. */
  emitWatermark(timestampMs: number): void;
  markIdle(): void;
}

/** Where the timestamp (ms since the epoch) of a record is: a field, an expression, or a function. */
export type TimestampSelector =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'function'; readonly function: (value: unknown, previousMs: number) => number }
  /** As the source says. */
  | { readonly kind: 'source' }
  /** The clock when the record comes in. */
  | { readonly kind: 'ingestion' };

export type WatermarkRule =
  | { readonly kind: 'none' }
  /** Watermark = highest timestamp − delay − 1 ms. */
  | { readonly kind: 'bounded'; readonly delayMs: number }
  | { readonly kind: 'custom'; readonly create: () => WatermarkGenerator<unknown> };

export interface WatermarkSettings {
  readonly timestamps: TimestampSelector;
  readonly rule: WatermarkRule;
  /** After this long without a record an input no longer holds the watermark back. */
  readonly idlenessMs?: number | undefined;
  /** Sources of one group do not run ahead of the slowest by more than the drift. */
  readonly alignment?: { readonly group: string; readonly maxDriftMs: number } | undefined;
}

export class WatermarkStrategy<T> {
  readonly settings: WatermarkSettings;
  readonly recordType?: T;

  constructor(settings: WatermarkSettings) {
    this.settings = settings;
  }

  /** Takes timestamps from a numeric field, or from a function of the record and its timestamp so far (NaN if none). */
  withTimestamps<R extends T>(
    selector: (keyof R & string) | ((value: R, previousMs: number) => number),
  ): WatermarkStrategy<R> {
    const timestamps: TimestampSelector =
      typeof selector === 'function'
        ? { kind: 'function', function: selector as (value: unknown, previousMs: number) => number }
        : { kind: 'field', name: selector };
    return new WatermarkStrategy<R>({ ...this.settings, timestamps });
  }

  withIdleness(after: Duration): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ ...this.settings, idlenessMs: durationMs(after, 'idleness') });
  }

  withAlignment(group: string, maxDrift: Duration): WatermarkStrategy<T> {
    const alignment = { group, maxDriftMs: durationMs(maxDrift, 'alignment drift') };
    return new WatermarkStrategy<T>({ ...this.settings, alignment });
  }
}

const strategy = <T>(rule: WatermarkRule, timestamps: TimestampSelector): WatermarkStrategy<T> =>
  new WatermarkStrategy<T>({ timestamps, rule });

/** Records may be late by at most `delay` against the newest one seen. */
export const boundedOutOfOrderness = <T = never>(delay: Duration): WatermarkStrategy<T> =>
  strategy({ kind: 'bounded', delayMs: durationMs(delay, 'watermark delay') }, { kind: 'source' });

/** Timestamps of a split never go back. */
export const monotonousTimestamps = <T = never>(): WatermarkStrategy<T> =>
  strategy({ kind: 'bounded', delayMs: 0 }, { kind: 'source' });

/** No event time: processing time only. */
export const noWatermarks = <T = never>(): WatermarkStrategy<T> => strategy({ kind: 'none' }, { kind: 'source' });

/** Timestamps are the clock when records come in. */
export const ingestionTime = <T = never>(): WatermarkStrategy<T> =>
  strategy({ kind: 'bounded', delayMs: 0 }, { kind: 'ingestion' });

/** A generator of your own, one instance a split. */
export const customWatermarks = <T>(create: () => WatermarkGenerator<T>): WatermarkStrategy<T> =>
  strategy({ kind: 'custom', create: create as () => WatermarkGenerator<unknown> }, { kind: 'source' });
