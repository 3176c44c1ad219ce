/** A stream of text that somebody reads: standard output, or a buffer in tests. */
export interface TextOutput {
  /** Queues the text; never blocks. False = the reader is behind: go on after `whenDrained`. */
  write(text: string): boolean;
  /** Calls back once, when what was queued has been taken. */
  whenDrained(callback: () => void): void;
}
