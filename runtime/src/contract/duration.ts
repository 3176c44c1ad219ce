import { MillraceError } from './errors.ts';

/** Largest unit first: a text names each unit at most once and in this order. */
const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** What a duration looks like in a manifest; without look-ahead, so that it also is a pattern of a CRD. */
export const durationPattern: RegExp =
  /^(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?(?:\d{1,12}ms)?$/;

const hintFor = (text: string): string => {
  if (/^\d+(?:\.\d+)?$/.test(text))
    return `Add the unit: ${text.split('.')[0]}s, or ${text.split('.')[0]}ms.`;
  if (/\d\.\d/.test(text)) return 'Write whole numbers: 1h30m instead of 1.5h.';
  return 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.';
};

/** Milliseconds of a duration; NaN when the text is none, and a number that is not safe when it is one of absurd length. */
export const durationOf = (text: string): number => {
  if (text === '' || !durationPattern.test(text)) return Number.NaN;
  let totalMs = 0;
  for (const [unit, unitMs] of units) {
    totalMs += Number(new RegExp(`(\\d+)${unit}(?![a-z])`).exec(text)?.[1] ?? 0) * unitMs;
  }
  return totalMs;
};

/**
 * Milliseconds of a duration such as `10s`, `500ms` or `1h30m`.
 * @throws MillraceError manifest-invalid when the text is no duration, or one of more milliseconds than can be counted.
 */
export const parseDuration = (text: string): number => {
  const totalMs = durationOf(text);
  if (Number.isSafeInteger(totalMs)) return totalMs;
  throw new MillraceError('manifest-invalid', `${JSON.stringify(text.slice(0, 60))} is not a duration.`, {
    hint: durationHint(text) ?? 'Write a shorter one: nobody waits so long.',
  });
};

/**
 * The shortest text for a whole number of milliseconds; `parseDuration` gives the same number back.
 * @throws MillraceError internal when the number is negative or not whole.
 */
export const formatDuration = (durationMs: number): string => {
  if (!Number.isSafeInteger(durationMs) || durationMs < 0) {
    throw new MillraceError('internal', `${durationMs} ms cannot be written as a duration.`);
  }
  let restMs = durationMs;
  let text = '';
  for (const [unit, unitMs] of units) {
    const amount = Math.floor(restMs / unitMs);
    restMs -= amount * unitMs;
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text === '' ? '0s' : text;
};

/** What to do about a text that is no duration, or undefined when it is one. */
export const durationHint = (text: string): string | undefined =>
  Number.isNaN(durationOf(text)) ? hintFor(text) : undefined;
