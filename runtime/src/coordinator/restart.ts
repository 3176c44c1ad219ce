import { type ErrorCode, MillraceError } from '../contract/errors.ts';
import type { RestartPolicy } from '../contract/restart.ts';

/** What another attempt would only meet again, or make worse. */
const neverAgain: readonly ErrorCode[] = ['job-invalid', 'output-lost', 'state-damaged'];

/** The policy of the job, unless the error would only come again. */
export const policyFor = (error: unknown, policy: RestartPolicy): RestartPolicy =>
  MillraceError.is(error) && neverAgain.includes(error.code) ? { strategy: 'None' } : policy;

/** One failure as the decision sees it, in ms of a clock that never goes back. */
export interface Failure {
  readonly atMs: number;
  /** How long the attempt had been running. */
  readonly ranMs: number;
  /** A process was lost: nothing in the job is to blame. */
  readonly isLoss: boolean;
}

/** A failure after so long begins no series. */
const settledMs = 1000;

/** The failure of an attempt that has begun at `startedMs`. */
export const failureOf = (error: unknown, atMs: number, ranMs: number): Failure => ({
  atMs,
  ranMs,
  isLoss: MillraceError.is(error) && error.code === 'worker-lost',
});

/** Who waits after a loss waits for nothing, unless losses follow each other. */
const isAtOnce = (failures: readonly Failure[]): boolean => {
  const newest = failures.at(-1);
  return newest?.isLoss === true && (failures.length === 1 || newest.ranMs >= settledMs);
};

export type RestartDecision =
  | { readonly restart: true; readonly delayMs: number }
  | { readonly restart: false; readonly reason: string };

/** Why there is no other attempt where nobody has expected one. */
export const noRestarts = 'the restart strategy is None';

/** Failures in a row since the last quiet period, the newest included. */
const streak = (failures: readonly Failure[], resetAfterMs: number): number => {
  let count = 0;
  for (const failure of failures.toReversed()) {
    count++;
    if (failure.ranMs >= resetAfterMs) break;
  }
  return count;
};

/** What to do after the last of `failures`, oldest first. `random` in [0, 1) drives the jitter. What follows a lost process begins at once. */
export const decideRestart = (
  policy: RestartPolicy,
  failures: readonly Failure[],
  random: number,
): RestartDecision => {
  const decision = decideBy(policy, failures, random);
  return decision.restart && isAtOnce(failures) ? { restart: true, delayMs: 0 } : decision;
};

const decideBy = (policy: RestartPolicy, failures: readonly Failure[], random: number): RestartDecision => {
  switch (policy.strategy) {
    case 'None':
      return { restart: false, reason: noRestarts };
    case 'FixedDelay':
      return failures.length <= policy.attempts
        ? { restart: true, delayMs: policy.delayMs }
        : { restart: false, reason: `all ${policy.attempts} restarts are used up` };
    case 'ExponentialDelay': {
      const count = streak(failures, policy.resetAfterMs);
      const delayMs = Math.min(policy.maxDelayMs, policy.delayMs * policy.multiplier ** (count - 1));
      const varied = delayMs * (1 + policy.jitter * (2 * random - 1));
      return { restart: true, delayMs: Math.min(policy.maxDelayMs, varied) };
    }
    case 'FailureRate': {
      const newestMs = failures.at(-1)?.atMs ?? 0;
      const recent = failures.filter(({ atMs }) => newestMs - atMs < policy.withinMs).length;
      return recent <= policy.failures
        ? { restart: true, delayMs: policy.delayMs }
        : { restart: false, reason: `${recent} failures came within ${policy.withinMs} ms` };
    }
  }
};
