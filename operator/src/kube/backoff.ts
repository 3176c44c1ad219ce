import type { System } from '../../../runtime/src/sys/system.ts';

/** How long to wait after failures: twice as long after each, up to a limit. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * The time to wait after so many failures in a row, the last included. Between half and all of it, at random: what failed together
 * does not come back together. `atLeastMs` is what the other side has asked for.
 */
export const backoffMs = (
  { firstMs, mostMs }: Backoff,
  failures: number,
  random: System['random'],
  atLeastMs: number = 0,
): number => {
  const wholeMs = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 40));
  return Math.max(wholeMs * (0.5 + random.next() / 2), atLeastMs);
};
