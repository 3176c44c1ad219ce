/**
 * A *watermark* of time t says that no record with a timestamp up to t is expected any more. A `WatermarkStrategy` tells
 * where a record's timestamp is and how watermarks follow from timestamps; it is a plain value, each `with…` gives a new one.
 */
import type { Expression } from '../batch/plan.ts';
import { type Duration, durationMs } from './duration.ts';
import type { Expr, FieldOf } from './expressions.ts';

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

export interface TimestampRange {
  readonly minimumMs: number;
  readonly maximumMs: number;
}

/** From 1970 to the end of the year 9998. */
const defaultRange: TimestampRange = { minimumMs: 0, maximumMs: Date.UTC(9999, 0, 1) - 1 };

export interface WatermarkSettings {
  readonly timestamps: TimestampSelector;
  readonly rule: WatermarkRule;
  /** After this long without a record an input no longer holds the watermark back. */
  readonly idlenessMs?: number | undefined;
  /** Timestamps outside are bad records: one of the year 9999 would make everything after it late. */
  readonly range: TimestampRange;
  /** Sources of one group do not run ahead of the slowest by more than the drift. */
  readonly alignment?: { readonly group: string; readonly maxDriftMs: number } | undefined;
}

const timestampSelector = (
  selector: string | Expr | ((value: never, previousMs: number) => number),
): TimestampSelector => {
  if (typeof selector === 'string') return { kind: 'field', name: selector };
  if (typeof selector !== 'function') return { kind: 'expression', expression: selector.expression };
  return { kind: 'function', function: selector as (value: unknown, previousMs: number) => number };
};

export class WatermarkStrategy<T> {
  readonly settings: WatermarkSettings;
  /** Only for the compiler: a strategy for a type serves its subtypes too. */
  readonly recordType?: (record: T) => void;

  constructor(settings: WatermarkSettings) {
    this.settings = settings;
  }

  /** Takes timestamps from a numeric field, an expression, or a function of the record and its timestamp so far (NaN if none). */
  withTimestamps<R extends T = T>(
    selector:
      | FieldOf<R, number>
      | Expr<number, keyof R & string>
      | ((value: R, previousMs: number) => number),
  ): WatermarkStrategy<R> {
    return new WatermarkStrategy<R>({ ...this.settings, timestamps: timestampSelector(selector) });
  }

  withIdleness(after: Duration): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ ...this.settings, idlenessMs: durationMs(after, 'idleness') });
  }

  /** The timestamps that are believed, in ms since the epoch; default from 1970 to the end of 9998. */
  withTimestampRange(minimumMs: number, maximumMs: number): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ ...this.settings, range: { minimumMs, maximumMs } });
  }

  withAlignment(group: string, maxDrift: Duration): WatermarkStrategy<T> {
    const alignment = { group, maxDriftMs: durationMs(maxDrift, 'alignment drift') };
    return new WatermarkStrategy<T>({ ...this.settings, alignment });
  }
}

const strategy = <T>(rule: WatermarkRule, timestamps: TimestampSelector): WatermarkStrategy<T> =>
  new WatermarkStrategy<T>({ timestamps, rule, range: defaultRange });

/** Records may be late by at most `delay` against the newest one seen. */
export const boundedOutOfOrderness = <T = unknown>(delay: Duration): WatermarkStrategy<T> =>
  strategy({ kind: 'bounded', delayMs: durationMs(delay, 'watermark delay') }, { kind: 'source' });

/** Timestamps of a split never go back. */
export const monotonousTimestamps = <T = unknown>(): WatermarkStrategy<T> =>
  strategy({ kind: 'bounded', delayMs: 0 }, { kind: 'source' });

/** No event time: processing time only. */
export const noWatermarks = <T = unknown>(): WatermarkStrategy<T> =>
  strategy({ kind: 'none' }, { kind: 'source' });

/** Timestamps are the clock when records come in. */
export const ingestionTime = <T = unknown>(): WatermarkStrategy<T> =>
  strategy({ kind: 'bounded', delayMs: 0 }, { kind: 'ingestion' });

/** A generator of your own, one instance a split. */
export const customWatermarks = <T>(create: () => WatermarkGenerator<T>): WatermarkStrategy<T> =>
  strategy({ kind: 'custom', create: create as () => WatermarkGenerator<unknown> }, { kind: 'source' });
