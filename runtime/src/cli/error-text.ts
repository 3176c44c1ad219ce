import { MillraceError } from '../contract/errors.ts';

const indent = (label: string, text: string): string =>
  `  ${label.padEnd(9)} ${text.replaceAll('\n', '\n            ')}`;

/** What a person reads when something went wrong: the sentence, the places, and what to do. No stack of ours. */
export const errorText = (error: unknown): string => {
  if (!MillraceError.is(error)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error: ${text}\n  ${'this is'.padEnd(9)} a defect of Millrace; please report it with the lines above`;
  }
  const lines = [`error: ${error.message}`];
  for (const [name, value] of Object.entries(error.where)) lines.push(indent(name, String(value)));
  if (error.hint !== undefined) lines.push(indent('what now', error.hint));
  return lines.join('\n');
};
