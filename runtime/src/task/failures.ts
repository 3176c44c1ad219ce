import { describeValue } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import type { FailureHandler } from '../transforms/processor.ts';

/** What becomes of a record that cannot be processed. */
export type DeadLetterPolicy = 'fail' | 'deadLetter' | 'drop';

/** A record that could not be processed, as it is written to the dead-letter output. */
export interface DeadLetter {
  readonly transform: string;
  readonly reason: string;
  /** File and line in the input or in the user's code, when known. */
  readonly where: string;
  /** The record itself, or its text when it could not even be read. */
  readonly record: unknown;
  /** Event time in ms, null when it has none. */
  readonly timestampMs: number | null;
}

/** Takes dead letters; counts are kept by the caller. */
export type DeadLetterOutput = (letter: DeadLetter) => void;

/** Characters of a record that an error message shows. */
const shownCharacters = 300;

/** Where the runtime's own modules lie, from source or packed. */
const ownModules: string = new URL('..', import.meta.url).pathname;

/** First line of a stack that lies in the job's own code: `file:line:column`, or undefined. */
export const userFrame = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  for (const line of error.stack.split('\n')) {
    const isOurs = line.includes('node:') || line.includes('eval at') || line.includes(ownModules);
    const place = isOurs ? undefined : /^\s*at .*?\(?((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place !== undefined) return place.replace('file://', '');
  }
  return undefined;
};

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : describeValue(error, shownCharacters);

/** The failure of a job by a record: names the transform, the user's line, the record, and what to do. */
export const recordFailure = (transform: string, error: unknown, record: unknown): MillraceError => {
  if (MillraceError.is(error) && error.where['transform'] !== undefined) return error;
  const at = MillraceError.is(error) ? error.where['at'] : userFrame(error);
  return new MillraceError(
    MillraceError.is(error) ? error.code : 'user-code',
    `The transform “${transform}” failed on a record: ${reasonOf(error)}`,
    {
      cause: error,
      where: {
        transform,
        ...(at === undefined ? {} : { at }),
        record: describeValue(record, shownCharacters),
      },
      hint:
        (MillraceError.is(error) ? error.hint : undefined) ??
        'Fix the function, or let such records go to the dead letter: spec.deadLetter.policy: DeadLetter.',
    },
  );
};

/** A record that a source could not read. `where` names file and line. */
export const inputFailure = (reason: string, where: string): MillraceError =>
  new MillraceError('record-invalid', reason, {
    where: { at: where },
    hint: 'Correct the input, or let such records go to the dead letter: spec.deadLetter.policy: DeadLetter.',
  });

/** The failure handler of one transform under the job's policy. `count` is called for every record left out. */
export const createFailureHandler = (
  transform: string,
  policy: DeadLetterPolicy,
  output: DeadLetterOutput,
  count: () => void,
): FailureHandler => ({
  recoverable: policy !== 'fail',
  handle: (error, record, timestampMs) => {
    // A failure that already names its transform comes from further down the chain: it is not this record's.
    const failure = recordFailure(transform, error, record);
    if (policy === 'fail' || failure === error) throw failure;
    count();
    if (policy === 'drop') return;
    const where = String(failure.where['at'] ?? '');
    const time = Number.isNaN(timestampMs) ? null : timestampMs;
    output({ transform, reason: reasonOf(error), where, record, timestampMs: time });
  },
});
