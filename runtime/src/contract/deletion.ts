import * as z from 'zod';
import { about, block, duration, type Written } from './field.ts';

/** What becomes of a job's state when its StreamJob is deleted. */
export interface Deletion {
  readonly savepoint: 'Take' | 'Skip';
  readonly data: 'Retain' | 'Delete';
  readonly timeout: string;
}

export const deletionSchema: z.ZodType<Deletion, Written<Deletion>> = block({
  savepoint: z
    .enum(['Take', 'Skip'])
    .default('Take')
    .meta(about('operator', 'Whether a running job is stopped with a savepoint first.')),
  data: z
    .enum(['Retain', 'Delete'])
    .default('Retain')
    .meta(
      about(
        'operator',
        'Whether its checkpoints stay, so that a job created again by this name goes on. Savepoints stay in any case.',
      ),
    ),
  timeout: duration('0s', '1d')
    .default('2m')
    .meta(
      about(
        'operator',
        'How long all of that may take, from the time that the deletion was asked for; then the StreamJob goes anyway.',
      ),
    ),
});
