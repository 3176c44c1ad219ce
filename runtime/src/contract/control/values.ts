import * as z from 'zod';

/** What many messages are made of. A time is in ms since the epoch, a duration in ms; null = not known, or not yet. */
export const count = (): z.ZodNumber => z.int().min(0);
export const bytes = (): z.ZodNumber => z.number().min(0);
export const timeMs = (): z.ZodNumber => z.number();
export const durationMs = (): z.ZodNumber => z.number().min(0);
export const share = (): z.ZodNumber => z.number().min(0).max(1);
export const name = (): z.ZodString => z.string().min(1).max(1000);

/** A number in a path or a query, where everything is text. */
export const numberInPath = (most: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(0).max(most));
