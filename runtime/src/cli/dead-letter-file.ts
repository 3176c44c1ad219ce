import { dirname } from 'node:path';
import { MillraceError } from '../contract/errors.ts';
import type { OpenFile } from '../sys/files.ts';
import type { System } from '../sys/system.ts';
import type { DeadLetterParcel } from '../task/dead-letter-box.ts';
import type { DeadLetterOutput } from '../task/failures.ts';
import { DeadLetterParcelFile } from './dead-letter-parcels.ts';
import { letterText } from './dead-letter-text.ts';

/** Dead letters as lines of JSON in a file, opened when the first one comes. */
export interface DeadLetterFile {
  readonly accept: DeadLetterOutput;
  /** Writes letters that a checkpoint has, once however often it is asked for; they are durable when it returns. */
  readonly commit: (parcels: readonly DeadLetterParcel[]) => void;
  /** Makes them durable and closes the file. */
  close(): void;
}

const refused = (path: string, error: unknown): MillraceError =>
  new MillraceError('io', `A dead letter cannot be written: ${(error as Error).message}`, {
    cause: error,
    where: { file: path },
    hint: 'Make room for the file, or name another place by spec.deadLetter.path.',
  });

/**
 * Appends to `path`, made with its directory when needed; without a path letters are only counted.
 * Under checkpoints letters come by `commit`, else by `accept`. All throw MillraceError io when the file cannot be written: no
 * letter is lost in silence.
 */
export const openDeadLetterFile = (system: System, path: string | undefined): DeadLetterFile => {
  if (path === undefined) return { accept: () => undefined, commit: () => undefined, close: () => undefined };
  let parcels: DeadLetterParcelFile | undefined;
  let file: OpenFile | undefined;
  const encoder = new TextEncoder();
  const open = (): OpenFile => {
    system.files.makeDirectory(dirname(path));
    return system.files.open(path, 'append');
  };
  return {
    accept: (letter) => {
      try {
        file ??= open();
        file.write(encoder.encode(letterText(letter)));
      } catch (error) {
        throw refused(path, error);
      }
    },
    commit: (given) => {
      try {
        parcels ??= new DeadLetterParcelFile(system.files, path);
        parcels.commit(given);
      } catch (error) {
        throw refused(path, error);
      }
    },
    close: () => {
      try {
        parcels?.close();
        file?.sync();
        file?.close();
      } catch (error) {
        throw refused(path, error);
      }
    },
  };
};
