import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import { placeOf } from '../task/failures.ts';
import { visible } from './visible.ts';

const indent = (label: string, text: string): string =>
  `  ${label.padEnd(9)} ${text.replaceAll('\n', '\n            ')}`;

const ofOurs = (error: MillraceError): readonly string[] => [
  ...Object.entries(placeOf(error)).map(([name, value]) => indent(name, String(value))),
  ...(error.hint === undefined ? [] : [indent('what now', error.hint)]),
];

/** Whether an error is the operating system's: a full disk, a file that may not be read, a port that is taken … */
const isOfSystem = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string';

const ofSystem = (error: object): readonly string[] => [
  indent(
    'what now',
    'address' in error || 'hostname' in error
      ? 'See whether the address is right, and whether the other side answers.'
      : 'See whether the path is right, whether it may be read and written, and whether the disk has room.',
  ),
];

/** Nobody has foreseen this one. Its stack is for who mends it. */
const ofDefect = (error: unknown): readonly string[] => {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  return [indent('what now', 'This is a defect of Millrace; please report it with these lines.'), ...frames];
};

/** What a person reads when something went wrong: the sentence, the places, and what to do. No stack of ours, unless the defect is. */
export const errorText = (error: unknown): string => {
  if (MillraceError.is(error)) return visible([`error: ${error.message}`, ...ofOurs(error)].join('\n'));
  const lines = isOfSystem(error) ? ofSystem(error as object) : ofDefect(error);
  return visible([`error: ${reasonOf(error)}`, ...lines].join('\n'));
};
