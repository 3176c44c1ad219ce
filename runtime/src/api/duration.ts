import { jobInvalid } from './job-invalid.ts';

/** A length of time: milliseconds as a number, or text with its unit (`'10s'`, `'500ms'`, `'1h'`). */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a duration.
 * @throws MillraceError job-invalid when the text is no duration or the value is negative or not finite.
 */
export const durationMs = (duration: Duration, what: string = 'duration'): number => {
  const value = typeof duration === 'string' ? textMs(duration) : duration;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw jobInvalid(
    `The ${what} ${JSON.stringify(duration) ?? String(duration)} is not a length of time.`,
    "Write milliseconds as a number, or text with a unit such as '500ms', '10s', '5m', '1h', '1d'.",
  );
};

const textMs = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return match === null ? Number.NaN : Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
};

/**
 * Milliseconds of a duration that must take some time.
 * @throws MillraceError job-invalid when it is not a whole number of milliseconds of at least 1.
 */
export const positiveDurationMs = (duration: Duration, what: string): number => {
  const value = durationMs(duration, what);
  if (value >= 1 && Number.isInteger(value)) return value;
  throw jobInvalid(
    `The ${what} ${JSON.stringify(duration)} is not a whole number of milliseconds above 0.`,
    'Give a duration of at least 1 ms.',
  );
};

/** A length of time that may point to the past: `'-10s'`. */
export type SignedDuration = Duration | `-${Duration}`;

/**
 * Milliseconds of a duration that may be negative.
 * @throws MillraceError job-invalid when the text is no duration.
 */
export const signedDurationMs = (duration: SignedDuration, what: string = 'duration'): number => {
  if (typeof duration === 'number')
    return duration < 0 ? -durationMs(-duration, what) : durationMs(duration, what);
  return duration.startsWith('-')
    ? -durationMs(duration.slice(1) as Duration, what)
    : durationMs(duration as Duration, what);
};
