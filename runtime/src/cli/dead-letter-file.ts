import { dirname } from 'node:path';
import { describeValue } from '../batch/values.ts';
import type { OpenFile } from '../sys/files.ts';
import type { System } from '../sys/system.ts';
import type { DeadLetterOutput } from '../task/failures.ts';

/** Dead letters as lines of JSON in a file, opened when the first one comes. */
export interface DeadLetterFile {
  readonly accept: DeadLetterOutput;
  /** Makes them durable and closes the file. */
  close(): void;
}

const textOf = (record: unknown): unknown => {
  try {
    return JSON.parse(JSON.stringify(record)) as unknown;
  } catch {
    return describeValue(record, 10_000);
  }
};

/** Appends to `path`, made with its directory when needed; without a path letters are only counted. */
export const openDeadLetterFile = (system: System, path: string | undefined): DeadLetterFile => {
  if (path === undefined) return { accept: () => undefined, close: () => undefined };
  let file: OpenFile | undefined;
  const encoder = new TextEncoder();
  return {
    accept: (letter) => {
      if (file === undefined) {
        system.files.makeDirectory(dirname(path));
        file = system.files.open(path, 'append');
      }
      file.write(encoder.encode(`${JSON.stringify({ ...letter, record: textOf(letter.record) })}\n`));
    },
    close: () => {
      file?.sync();
      file?.close();
    },
  };
};
