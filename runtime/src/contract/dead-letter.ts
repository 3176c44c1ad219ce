import * as z from 'zod';
import { about, block, text, type Written } from './field.ts';

/** What becomes of records that cannot be processed. */
export interface DeadLetterSettings {
  readonly policy: 'Fail' | 'DeadLetter' | 'Drop';
  readonly path: string;
}

export const deadLetterSchema: z.ZodType<DeadLetterSettings, Written<DeadLetterSettings>> = block({
  policy: z
    .enum(['Fail', 'DeadLetter', 'Drop'])
    .default('Fail')
    .meta(
      about(
        'switch-over',
        'What a record does that is malformed or makes a function throw: fail the job, go to the dead letter with the reason and without any other effect, or vanish but for a count.',
      ),
    ),
  path: text(1024)
    .default('dead-letters')
    .meta(
      about(
        'switch-over',
        'The directory that dead letters are written to as NDJSON, relative to the manifest; used by the policy DeadLetter.',
        { alsoKnownAs: ['directory', 'file', 'sink'] },
      ),
    ),
});
