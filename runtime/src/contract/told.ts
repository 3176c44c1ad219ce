import * as z from 'zod';

/** Fields of a status: all may be absent, since each is written when it becomes known. */
export const told = <S extends z.ZodType>(schema: S, description: string): z.ZodOptional<S> =>
  schema.optional().meta({ description });

/** A text of bounded length. What is longer is cut by who writes it. */
export const statusText = (maximum: number): z.ZodString => z.string().max(maximum);

/** Characters of a message, at most: a status is read whole by everyone who lists jobs. */
export const longestMessage: number = 1024;

/** A time as Kubernetes writes it: RFC 3339, in UTC, of whole seconds. */
export const statusTime = (): z.ZodString => z.string().max(40).meta({ format: 'date-time' });

/** A number that only grows. */
export const statusCount = (): z.ZodInt => z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A duration or an amount. */
export const statusAmount = (): z.ZodNumber => z.number().min(0).max(Number.MAX_SAFE_INTEGER);

/** What is true of an object, as `kubectl wait` and everyone else reads it. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** One word, for programs. */
  readonly reason: string;
  /** One sentence, for people. */
  readonly message: string;
  /** When `status` last became another. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number | undefined;
}

const conditionSchema: z.ZodType<Condition> = z.object({
  type: statusText(63).meta({ description: 'What it is about.' }),
  status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it is so.' }),
  reason: statusText(63).meta({ description: 'Why, in one word.' }),
  message: statusText(longestMessage).meta({ description: 'Why, in one sentence.' }),
  lastTransitionTime: statusTime().meta({ description: 'When it last became so.' }),
  observedGeneration: told(statusCount(), 'The generation of the object that it was seen of.'),
});

/** One of each type. */
export const conditionsSchema: z.ZodType<readonly Condition[]> = z
  .array(conditionSchema)
  .max(16)
  .meta({ listKey: 'type' });
