import { MillraceError } from '../contract/errors.ts';

/** A length of time: milliseconds as a number, or text with its unit (`'10s'`, `'500ms'`, `'1h'`). */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a duration.
 * @throws MillraceError job-invalid when the text is no duration or the value is negative or not finite.
 */
export const durationMs = (duration: Duration, what: string = 'duration'): number => {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) : null;
  const value =
    match === null ? Number(duration) : Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
  if (!Number.isFinite(value) || value < 0) {
    throw new MillraceError(
      'job-invalid',
      `The ${what} ${JSON.stringify(duration)} is not a length of time.`,
      {
        hint: "Write milliseconds as a number, or text with a unit such as '500ms', '10s', '5m', '1h', '1d'.",
      },
    );
  }
  return value;
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
