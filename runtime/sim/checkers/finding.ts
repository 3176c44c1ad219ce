/**
 * `checkers` look at what a simulated run has left and say what is wrong with it. Each is independent of the code that it judges, and
 * has tests that show that it sees what it is for. A *finding* is one thing that must not be.
 */
export interface Finding {
  /** Which checker. */
  readonly checker: string;
  readonly what: string;
}
