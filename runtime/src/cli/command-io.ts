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
  /** Whether standard error is a terminal, and how wide it is. */
  readonly terminal: { readonly columns: number } | undefined;
  /** Calls back at Ctrl-C and SIGTERM; the returned function takes the handler away. */
  onInterrupt(handler: () => void): () => void;
}

/** Exit codes of the command; a script may rely on them. */
export const ExitCode = {
  done: 0,
  /** The job failed while it ran. */
  failed: 1,
  /** The call, the manifest or the job's code is wrong; nothing ran. */
  invalid: 2,
  /** Cancelled by a second Ctrl-C. */
  cancelled: 130,
} as const;

/** The exit code that a finished command leaves behind. */
export interface Outcome {
  code: number;
}
