/** Other processes of this machine, started by this one. */
export interface Processes {
  /**
   * Starts a program of this package as this process was started: with its flags, and its output where that of this one goes. Extension
   * `.ts` or `.js` as the caller runs.
   */
  spawn(entry: URL, environment: Readonly<Record<string, string>>): ChildProcess;
}

export interface ChildProcess {
  readonly pid: number | undefined;
  /** Ends it at once. */
  kill(): void;
  /** Called once, when it is gone or could not be started; `problem` says why when it did not end by itself with code 0. */
  onExit(listener: (problem: string | undefined) => void): void;
}
