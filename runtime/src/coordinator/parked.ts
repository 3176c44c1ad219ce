import { roleOf } from '../checkpoint/role.ts';
import type { Standing } from '../checkpoint/standing.ts';

/** How long a deployment that has handed over leaves the other one alone. */
export interface ParkedLimits {
  /** For its first claim. */
  readonly claimWithinMs: number;
  /** For the release of its output; Infinity = the job is not taken back for that. */
  readonly releaseWithinMs: number;
}

/** What a deployment that has handed over does: looks on, ends for good, or goes on itself. */
export type ParkedVerdict =
  | { readonly what: 'wait' }
  | { readonly what: 'replaced' }
  | { readonly what: 'goOn'; readonly reason: string };

/**
 * What follows for a deployment from where the job stands, so long after it has handed over. Pure. A job that was stopped is over: it is for
 * whoever starts it next.
 */
export const judgeParked = (
  standing: Standing,
  deployment: string,
  elapsedMs: number,
  { claimWithinMs, releaseWithinMs }: ParkedLimits,
): ParkedVerdict => {
  const { stopped, switchOver } = standing;
  if (stopped !== undefined) return { what: 'wait' };
  const role = roleOf(standing, deployment);
  if (role === 'leading') return { what: 'goOn', reason: 'the other deployment has given it back' };
  if (role === 'standby') return { what: 'replaced' };
  if (switchOver?.isReleased !== false) return { what: 'wait' };
  const isUnclaimed = standing.deployment === deployment;
  const limitMs = isUnclaimed ? claimWithinMs : releaseWithinMs;
  if (elapsedMs < limitMs) return { what: 'wait' };
  const missing = isUnclaimed ? 'has not begun' : 'has not been released';
  return { what: 'goOn', reason: `${switchOver.to} ${missing} within ${limitMs / 1000} s` };
};
