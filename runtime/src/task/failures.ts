import { describeValue } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
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

/**
 * Whether a failure is the job's, whatever the record at which it came to light: no policy lets it pass. What runs out of
 * memory at one record would at the next one too.
 */
const isJobFailure = (error: unknown): boolean => MillraceError.is(error) && error.code === 'resource';

/** Characters of a record that an error message shows. */
const shownCharacters = 300;

/** Where the runtime's own modules lie, from source or packed. */
const ownModules: string = new URL('..', import.meta.url).pathname;

/** The place in a line of a stack: `(file:line:column)` behind a name, or alone behind `at`. A path may hold anything. */
const placeInLine = (line: string): string | undefined => {
  if (line.includes('(node:') || line.includes('at node:') || line.includes('eval at')) return undefined;
  if (line.includes(ownModules)) return undefined;
  const [, inside, alone] =
    /^\s*at .* \(((?:file:\/\/)?\/.*:\d+:\d+)\)$/.exec(line) ??
    /^\s*at (?:async )?(?<inside>)((?:file:\/\/)?\/.*:\d+:\d+)$/.exec(line) ??
    [];
  const place = inside === undefined || inside === '' ? alone : inside;
  return place?.startsWith('file://') === true ? decodeURI(place.slice('file://'.length)) : place;
};

const placesIn = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => placeInLine(line) ?? []);

/**
 * First line of a stack that lies in the job's own code: `file:line:column`, or undefined. Packages that the job has installed
 * count only when nothing else does, since their caller can do something about it, and only above the runtime's own lines:
 * what lies below has called the runtime.
 */
export const userFrame = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  const lines = error.stack.split('\n');
  const own = placesIn(lines).find((place) => !place.includes('/node_modules/'));
  if (own !== undefined) return own;
  const runtime = lines.findIndex((line) => line.includes(ownModules));
  return placesIn(runtime === -1 ? lines : lines.slice(0, runtime))[0];
};

/** Where an error says that it happened; when it names no place itself, with the line of the job's code behind it. */
export const placeOf = (error: MillraceError): Readonly<Record<string, string | number>> => {
  const { where, cause } = error;
  if (where['at'] !== undefined || where['file'] !== undefined) return where;
  const at = userFrame(error) ?? userFrame(cause);
  return at === undefined ? where : { ...where, at };
};

const shownReason = (error: unknown): string =>
  error instanceof Error ? reasonOf(error) : describeValue(error, shownCharacters);

/** The failure of a job by a record: names the transform, the user's line, the record, and what to do. */
export const recordFailure = (transform: string, error: unknown, record: unknown): MillraceError => {
  if (MillraceError.is(error) && error.where['transform'] !== undefined) return error;
  const at = (MillraceError.is(error) ? error.where['at'] : undefined) ?? userFrame(error);
  return new MillraceError(
    MillraceError.is(error) ? error.code : 'user-code',
    `The transform “${transform}” failed on a record: ${shownReason(error)}`,
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

/** The failure of a job by a function that is not called for one record: a watermark generator, a trigger … */
export const taskFailure = (task: string, error: unknown): unknown => {
  const at = userFrame(error);
  if (MillraceError.is(error) || at === undefined) return error;
  return new MillraceError('user-code', `The task “${task}” failed: ${shownReason(error)}`, {
    cause: error,
    where: { task, at },
    hint: 'Correct the function at this line.',
  });
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
    if (isJobFailure(error)) throw error;
    // A failure that already names its transform comes from further down the chain: it is not this record's.
    const failure = recordFailure(transform, error, record);
    if (policy === 'fail' || failure === error) throw failure;
    count();
    if (policy === 'drop') return;
    const where = String(failure.where['at'] ?? '');
    const time = Number.isNaN(timestampMs) ? null : timestampMs;
    output({ transform, reason: shownReason(error), where, record, timestampMs: time });
  },
});
