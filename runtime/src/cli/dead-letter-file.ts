import { dirname } from 'node:path';
import { describeValue } from '../batch/values.ts';
import { toJsonText } from '../connectors/formats/json-text.ts';
import { MillraceError } from '../contract/errors.ts';
import type { OpenFile } from '../sys/files.ts';
import type { System } from '../sys/system.ts';
import type { DeadLetterOutput } from '../task/failures.ts';

/** Dead letters as lines of JSON in a file, opened when the first one comes. */
export interface DeadLetterFile {
  readonly accept: DeadLetterOutput;
  /** Makes them durable and closes the file. */
  close(): void;
}

/** A record as JSON; one that has none, since it goes in circles or is not of our kinds, as a description. */
const recordText = (record: unknown): string => {
  try {
    return toJsonText(record);
  } catch {
    return JSON.stringify(describeValue(record, 10_000));
  }
};

const refused = (path: string, error: unknown): MillraceError =>
  new MillraceError('io', `A dead letter cannot be written: ${(error as Error).message}`, {
    cause: error,
    where: { file: path },
    hint: 'Make room for the file, or name another place by spec.deadLetter.path.',
  });

/**
 * Appends to `path`, made with its directory when needed; without a path letters are only counted.
 * `accept` and `close` throw MillraceError io when the file cannot be written: no letter is lost in silence.
 */
export const openDeadLetterFile = (system: System, path: string | undefined): DeadLetterFile => {
  if (path === undefined) return { accept: () => undefined, close: () => undefined };
  let file: OpenFile | undefined;
  const encoder = new TextEncoder();
  const open = (): OpenFile => {
    system.files.makeDirectory(dirname(path));
    return system.files.open(path, 'append');
  };
  return {
    accept: ({ record, ...letter }) => {
      try {
        file ??= open();
        const text = JSON.stringify(letter);
        file.write(encoder.encode(`${text.slice(0, -1)},"record":${recordText(record)}}\n`));
      } catch (error) {
        throw refused(path, error);
      }
    },
    close: () => {
      try {
        file?.sync();
        file?.close();
      } catch (error) {
        throw refused(path, error);
      }
    },
  };
};
