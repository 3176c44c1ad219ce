import { MillraceError } from '../contract/errors.ts';
import { userFrame } from '../task/failures.ts';

const indent = (label: string, text: string): string =>
  `  ${label.padEnd(9)} ${text.replaceAll('\n', '\n            ')}`;

/** Texts of jobs and records may not move the cursor or colour the terminal. Line breaks stay. */
const visible = (text: string): string =>
  text.replaceAll('\t', ' ').replace(/[^\P{Cc}\n]|[\u2028\u2029]/gu, '\u{FFFD}');

const defect = (error: unknown): string => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `error: ${text}\n${indent('this is', 'a defect of Millrace; please report it with the lines above')}`;
};

/** Whether an error is the operating system's: a full disk, a file that may not be read … */
const isOfSystem = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string';

/** The line of the job's code that threw what is behind an error, when the error does not name a place itself. */
const placeOf = ({ where, cause }: MillraceError): Readonly<Record<string, string | number>> => {
  if (where['at'] !== undefined || where['file'] !== undefined) return where;
  const at = MillraceError.is(cause) ? undefined : userFrame(cause);
  return at === undefined ? where : { ...where, at };
};

/** What a person reads when something went wrong: the sentence, the places, and what to do. No stack of ours. */
export const errorText = (error: unknown): string => {
  if (MillraceError.is(error)) {
    const lines = [`error: ${error.message}`];
    for (const [name, value] of Object.entries(placeOf(error))) lines.push(indent(name, String(value)));
    if (error.hint !== undefined) lines.push(indent('what now', error.hint));
    return visible(lines.join('\n'));
  }
  if (!isOfSystem(error)) return visible(defect(error));
  const hint =
    'See whether the path is right, whether it may be read and written, and whether the disk has room.';
  return visible(`error: ${error.message}\n${indent('what now', hint)}`);
};
