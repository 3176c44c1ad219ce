import * as z from 'zod';
import {
  about,
  block,
  checkedText,
  inCel,
  integer,
  oneOf,
  present,
  type Rule,
  text,
  type Written,
} from './field.ts';
import { objectName } from './names.ts';

/** What a job goes on from when it is not its own latest checkpoint: asked for once, under an `id` that the job never forgets. */
export interface Restore {
  readonly id?: string | undefined;
  readonly savepoint?: string | undefined;
  readonly checkpoint?: number | undefined;
  readonly time?: string | undefined;
  readonly lastGood?: true | undefined;
  readonly previous: 'Resume' | 'Ignore';
}

const targets = ['savepoint', 'checkpoint', 'time', 'lastGood'] as const;

/** A manifest is applied again and again, and the job goes back once: the id says which time is meant. */
const idWithTarget: Rule = inCel(
  (restore) => {
    const given = present(restore, targets);
    if (given.length > 0 && restore['id'] === undefined) {
      return [
        {
          path: [],
          expected: `an id beside ${given[0]}`,
          found: 'none',
          hint: 'Give it any text that was not used before, such as a date: the job goes back once for each id.',
        },
      ];
    }
    return given.length === 0 && restore['id'] !== undefined
      ? [{ path: ['id'], expected: `an id only beside one of ${targets.join(', ')}`, found: 'id alone' }]
      : [];
  },
  {
    rule: `has(self.id) == (${targets.map((name) => `has(self.${name})`).join(' || ')})`,
    message: `expected an id beside one of ${targets.join(', ')}, and only there`,
  },
);

/** A time as RFC 3339 has it; also a pattern of the CRD. */
const timePattern: RegExp =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

const time = (): z.ZodString =>
  checkedText(text(64, timePattern, 'a time such as 2026-11-26T10:00:00Z'), (value) =>
    timePattern.test(value) ? undefined : { hint: 'Write the date, a T, the time, and Z for UTC.' },
  );

export const restoreSchema: z.ZodType<Restore, Written<Restore>> = block(
  {
    id: text(128)
      .optional()
      .meta(
        about(
          'switch-over',
          'Any text that names this wish: the job goes back once for each, also when it is deleted and created again.',
          { absent: 'the job goes back to nothing', alsoKnownAs: ['nonce', 'restoreNonce'] },
        ),
      ),
    savepoint: objectName()
      .optional()
      .meta(
        about('switch-over', 'The name of a Savepoint in the namespace of the job, of this job or another.', {
          absent: 'it does not go back to a savepoint',
          alsoKnownAs: ['initialSavepointPath', 'savepointPath', 'from'],
        }),
      ),
    checkpoint: integer(1, 2_147_483_647)
      .optional()
      .meta(
        about('switch-over', 'The number of a checkpoint of the job that is still kept.', {
          absent: 'it does not go back to a checkpoint by its number',
        }),
      ),
    time: time()
      .optional()
      .meta(
        about('switch-over', 'The latest checkpoint that was complete at this time.', {
          absent: 'it does not go back to a time',
        }),
      ),
    lastGood: z
      .literal(true)
      .optional()
      .meta(
        about('switch-over', 'The latest checkpoint of the last revision that was promoted.', {
          absent: 'it does not go back to what was good',
        }),
      ),
    previous: z
      .enum(['Resume', 'Ignore'])
      .default('Resume')
      .meta(
        about(
          'operator',
          'What a job does that is new to the cluster but finds the state of one of its name in the store: go on from it, or begin anew.',
        ),
      ),
  },
  oneOf(targets, 0),
  idWithTarget,
);
