/**
 * `cli` is the `millrace` command: one file a subcommand in `commands/`, what they print beside it. A command touches the
 * world only through its `CommandIo`, gives back an exit code, and never ends the process itself.
 */
import type { System } from '../sys/system.ts';

/** What a command sees of the terminal and the process it runs in. */
export interface CommandIo {
  readonly system: System;
  /** Where relative paths start, absolute. */
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Sets a variable for the code of a job that runs in this process. */
  setVariable(name: string, value: string): void;
  out(text: string): void;
  error(text: string): void;
  /** The terminal behind standard error; undefined when it goes elsewhere. */
  readonly terminal: Terminal | undefined;
  /** Calls back at Ctrl-C and SIGTERM; the returned function takes the handler away. */
  onInterrupt(handler: () => void): () => void;
  /** Calls back at what would end the process otherwise; the returned function takes the handler away. */
  onTrouble(handler: (trouble: Trouble) => void): () => void;
}

/** A terminal that is shared by everything this process writes. */
export interface Terminal {
  /** Its size now, in characters: it may change. */
  readonly columns: number;
  readonly rows: number;
  /** Writes past `onText`. */
  draw(text: string): void;
  /**
   * Calls back whenever something else is about to be written to this terminal, standard output included when it is the same;
   * the handler must call `write`, once. `endsLine` tells whether the text ends with a line break. The returned function ends it.
   */
  onText(handler: (write: () => void, endsLine: boolean) => void): () => void;
}

/** What can befall a process from outside of any call. */
export type Trouble =
  /** Standard output cannot be written: nobody reads it any more (`EPIPE`), or the disk is full. */
  | { readonly kind: 'output'; readonly error: Error }
  /** A timer or callback of the job threw, or a promise of it was rejected and nobody looked. */
  | { readonly kind: 'uncaught'; readonly error: unknown };

/** Exit codes of the command; a script may rely on them. */
export const ExitCode = {
  done: 0,
  /** The job failed while it ran. */
  failed: 1,
  /** The call, the manifest or the job's code is wrong; nothing ran. */
  invalid: 2,
  /** Cancelled by a second Ctrl-C, or because nobody reads the output. */
  cancelled: 130,
} as const;

/** The exit code that a finished command leaves behind. */
export interface Outcome {
  code: number;
}
