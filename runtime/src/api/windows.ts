/**
 * A *window* groups the records of a key by time or by number. An *assigner* says which windows a record is in, a *trigger*
 * (triggers.ts) when a window fires, an *evictor* what is left out when it does. All of them are plain values.
 */
import { MillraceError } from '../contract/errors.ts';
import { type Duration, durationMs, positiveDurationMs } from './duration.ts';

/** A span of time [startMs, endMs). Global and count windows span all time. */
export interface TimeWindow {
  readonly startMs: number;
  readonly endMs: number;
}

export type TimeDomain = 'event' | 'processing';

export type WindowAssigner =
  | {
      readonly kind: 'tumbling' | 'sliding' | 'cumulative';
      readonly time: TimeDomain;
      /** Length of the (longest) window, and distance between starts (sliding) or ends (cumulative). */
      readonly sizeMs: number;
      readonly slideMs: number;
      readonly offsetMs: number;
      /** IANA name: windows start at local midnight multiples; the offset follows daylight saving. */
      readonly timeZone?: string | undefined;
    }
  | {
      readonly kind: 'session';
      readonly time: TimeDomain;
      /** A gap in ms, fixed or by record. */
      readonly gapMs: number | ((value: unknown) => number);
    }
  | { readonly kind: 'global' }
  | { readonly kind: 'count'; readonly size: number; readonly slide: number }
  | {
      readonly kind: 'custom';
      readonly time: TimeDomain;
      readonly assign: CustomAssign;
      readonly merging: boolean;
    };

/** Windows of your own; with `merging` overlapping windows of a key become one. */
export type CustomAssign = (value: unknown, timestampMs: number) => readonly TimeWindow[];

export interface WindowOptions {
  /** Shifts the start of windows, e.g. `'-8h'` is written as `{offset: '16h'}`. */
  readonly offset?: Duration;
  readonly timeZone?: string;
  readonly time?: TimeDomain;
}

const aligned = (
  kind: 'tumbling' | 'sliding' | 'cumulative',
  sizeMs: number,
  slideMs: number,
  options: WindowOptions,
): WindowAssigner => ({
  kind,
  time: options.time ?? 'event',
  sizeMs,
  slideMs,
  offsetMs: options.offset === undefined ? 0 : durationMs(options.offset, 'window offset') % slideMs,
  timeZone: options.timeZone,
});

/** Windows of one size, side by side. */
export const tumbling = (size: Duration, options: WindowOptions = {}): WindowAssigner => {
  const sizeMs = positiveDurationMs(size, 'window size');
  return aligned('tumbling', sizeMs, sizeMs, options);
};

/** Windows of one size that start every `slide`; a record is in size ÷ slide of them. */
export const sliding = (size: Duration, slide: Duration, options: WindowOptions = {}): WindowAssigner =>
  aligned(
    'sliding',
    positiveDurationMs(size, 'window size'),
    positiveDurationMs(slide, 'window slide'),
    options,
  );

/** Windows that start together every `size` and end a `step` apart: 0–1 h, 0–2 h, … 0–24 h. */
export const cumulative = (step: Duration, size: Duration, options: WindowOptions = {}): WindowAssigner => {
  const sizeMs = positiveDurationMs(size, 'window size');
  const stepMs = positiveDurationMs(step, 'window step');
  if (sizeMs % stepMs !== 0) {
    throw new MillraceError(
      'job-invalid',
      `The window size ${sizeMs} ms is not a multiple of the step ${stepMs} ms.`,
      {
        hint: 'Choose a size that the step divides.',
      },
    );
  }
  return aligned('cumulative', sizeMs, stepMs, options);
};

/**
 * Windows that end when a key was silent for `gap`, fixed or told by each record in ms. A record just when the gap has passed
 * begins a new one.
 */
export const session = <T = never>(
  gap: Duration | ((value: T) => number),
  options: { readonly time?: TimeDomain } = {},
): WindowAssigner => ({
  kind: 'session',
  time: options.time ?? 'event',
  gapMs:
    typeof gap === 'function' ? (gap as (value: unknown) => number) : positiveDurationMs(gap, 'session gap'),
});

/** One window for all of a key's records; give it a trigger. */
export const globalWindow = (): WindowAssigner => ({ kind: 'global' });

/** Fires after every `slide` records with the last `size` of them; without a slide windows do not overlap. */
export const countWindow = (size: number, slide: number = size): WindowAssigner => {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(slide) || size < 1 || slide < 1) {
    throw new MillraceError(
      'job-invalid',
      `A count window of ${size} every ${slide} records is not possible.`,
      {
        hint: 'Give whole numbers of at least 1.',
      },
    );
  }
  return { kind: 'count', size, slide };
};

/** Windows by a function of your own. */
export const customWindow = <T>(
  assign: (value: T, timestampMs: number) => readonly TimeWindow[],
  options: { readonly merging?: boolean; readonly time?: TimeDomain } = {},
): WindowAssigner => ({
  kind: 'custom',
  time: options.time ?? 'event',
  assign: assign as CustomAssign,
  merging: options.merging ?? false,
});
