/** When to try again after a failure, decided purely. Delays in ms. */
export type RestartStrategy =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixedDelay'; readonly attempts: number; readonly delayMs: number }
  | {
      readonly kind: 'exponentialDelay';
      readonly initialMs: number;
      readonly maximumMs: number;
      readonly multiplier: number;
      /** Share of the delay by which it is shifted at random, so that many jobs do not come back at once. */
      readonly jitter: number;
      /** A job that ran this long starts again with the initial delay. */
      readonly resetAfterMs: number;
      readonly attempts: number;
    }
  | { readonly kind: 'failureRate'; readonly failures: number; readonly intervalMs: number; readonly delayMs: number };

/** One failure as the decision sees it. */
export interface Failure {
  readonly atMs: number;
  /** How long the attempt had been running. */
  readonly ranMs: number;
}

export type RestartDecision =
  | { readonly restart: true; readonly delayMs: number }
  | { readonly restart: false; readonly reason: string };

/** Failures in a row since the last quiet period, the newest included. */
const streak = (failures: readonly Failure[], resetAfterMs: number): number => {
  let count = 0;
  for (const failure of failures.toReversed()) {
    count++;
    if (failure.ranMs >= resetAfterMs) break;
  }
  return count;
};

/** What to do after the last of `failures`. `random` in [0, 1) drives the jitter. */
export const decideRestart = (
  strategy: RestartStrategy,
  failures: readonly Failure[],
  random: number,
): RestartDecision => {
  switch (strategy.kind) {
    case 'none':
      return { restart: false, reason: 'the restart strategy is None' };
    case 'fixedDelay':
      return failures.length <= strategy.attempts
        ? { restart: true, delayMs: strategy.delayMs }
        : { restart: false, reason: `all ${strategy.attempts} restarts are used up` };
    case 'exponentialDelay': {
      const count = streak(failures, strategy.resetAfterMs);
      if (count > strategy.attempts) return { restart: false, reason: `all ${strategy.attempts} restarts are used up` };
      const delayMs = Math.min(strategy.maximumMs, strategy.initialMs * strategy.multiplier ** (count - 1));
      return { restart: true, delayMs: delayMs * (1 + strategy.jitter * (2 * random - 1)) };
    }
    case 'failureRate': {
      const newest = failures.at(-1)?.atMs ?? 0;
      const recent = failures.filter((failure) => newest - failure.atMs < strategy.intervalMs).length;
      return recent <= strategy.failures
        ? { restart: true, delayMs: strategy.delayMs }
        : { restart: false, reason: `${recent} failures within ${strategy.intervalMs} ms` };
    }
  }
};
