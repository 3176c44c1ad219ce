import type { z } from 'zod';
import { about, block, integer, text, type Written } from './field.ts';

/** The savepoints that the operator takes by itself. */
export interface ScheduledSavepoints {
  readonly schedule?: string | undefined;
  readonly retained: number;
}

/** A field of a cron expression: values, ranges and steps, joined by commas. */
const cronField = (value: string): string => {
  const one = `(?:\\*|(?:${value})(?:-(?:${value}))?)(?:/[1-9]\\d?)?`;
  return `${one}(?:,${one})*`;
};

const cronFields = [
  '[0-5]?\\d',
  '[01]?\\d|2[0-3]',
  '0?[1-9]|[12]\\d|3[01]',
  '0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC',
  '[0-7]|SUN|MON|TUE|WED|THU|FRI|SAT',
];

/** Five fields, or one of the names that stand for them; also a pattern of the CRD. */
const cronPattern: RegExp = new RegExp(
  `^(?:@(?:hourly|daily|midnight|weekly|monthly|yearly|annually)|${cronFields.map(cronField).join(' +')})$`,
);

export const scheduledSavepointsSchema: z.ZodType<ScheduledSavepoints, Written<ScheduledSavepoints>> = block({
  schedule: text(
    256,
    cronPattern,
    'a schedule as cron has it (minute, hour, day, month, day of the week), such as "0 3 * * *" or @daily',
  )
    .optional()
    .meta(
      about('operator', 'When savepoints are taken, as cron has it, in UTC. A cluster only.', {
        absent: 'only when asked for',
        alsoKnownAs: ['cron', 'interval', 'periodic'],
      }),
    ),
  retained: integer(1, 100)
    .default(5)
    .meta(
      about(
        'operator',
        'How many of the savepoints that were taken by schedule are kept; older ones are deleted. Those that someone asked for stay.',
      ),
    ),
});
