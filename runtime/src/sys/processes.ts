/** Other processes of this machine, started by this one. */
export interface Processes {
  /**
   * Starts a program of this package as this process was started: with its flags, and its output where that of this one goes. Extension
   * `.ts` or `.js` as the caller runs.
   */
  spawn(entry: URL, environment: Readonly<Record<string, string>>): ChildProcess;
  /** Starts Node, with the flags of this process and what comes behind them, or another program. */
  start(request: ProgramRequest): Program;
  /** Runs any program of this machine with the terminal of this one, which waits. Never rejects. */
  attach(program: string, args: readonly string[]): Promise<ProgramEnd>;
}

export interface ProgramRequest {
  /** Any other program of this machine, by its name or path; absent = Node. */
  readonly program?: string | undefined;
  readonly args: readonly string[];
  /** Beside those of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where it works. */
  readonly directory: string;
  /** Hears what it writes, to either output. */
  onOutput(text: string): void;
}

export interface Program {
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** Called once, when it is gone and all of its output has been heard, or when it could not be started. */
  onExit(listener: (end: ProgramEnd) => void): void;
}

export interface ProgramEnd {
  /** undefined = it did not end by itself. */
  readonly code: number | undefined;
  /** Why it did not, or why it could not be started. */
  readonly problem: string | undefined;
}

export interface ChildProcess {
  readonly pid: number | undefined;
  /** Ends it at once. */
  kill(): void;
  /** Called once, when it is gone or could not be started; `problem` says why when it did not end by itself with code 0. */
  onExit(listener: (problem: string | undefined) => void): void;
}
