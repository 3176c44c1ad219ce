/** Every limit of time of the scenarios, in one place. They are for a slow machine that does other work; nothing is asserted about them but that they hold. */
export const timeouts = {
  /** From the start of a job to its first output. */
  firstOutputMs: 60_000,
  /** From the last fault to the end of the job. */
  finishMs: 240_000,
  /** From the moment at which a job ought to end by itself to its end. */
  endByItselfMs: 60_000,
  /** How much longer a job lasts than what is done to it, or how long where that is done once. */
  settleMs: 12_000,
  /** How often files are looked at. */
  lookMs: 20,
} as const;
