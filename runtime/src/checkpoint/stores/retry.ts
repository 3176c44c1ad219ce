import type { System } from '../../sys/system.ts';

export interface RetrySettings {
  /** The time within which the last try begins. */
  readonly budgetMs: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** How often something was tried when it was given up, and why. */
export interface GivenUp {
  readonly tries: number;
  readonly error: unknown;
}

/**
 * Tries until it works, an error says that it never will, or the time is over. Waits between tries are random up to a bound that
 * doubles (full jitter), so that those who failed together do not come again together.
 * @throws what `giveUp` makes of the last error.
 */
export const withRetries = async <Value>(
  { clock, timers, random }: Pick<System, 'clock' | 'timers' | 'random'>,
  { budgetMs, firstDelayMs, longestDelayMs }: RetrySettings,
  act: () => Promise<Value>,
  mayPass: (error: unknown) => boolean,
  giveUp: (end: GivenUp) => Error,
): Promise<Value> => {
  const endMs = clock.monotonicMs() + budgetMs;
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      const delayMs = random.next() * Math.min(longestDelayMs, firstDelayMs * 2 ** (tries - 1));
      if (!mayPass(error) || clock.monotonicMs() + delayMs > endMs) throw giveUp({ tries, error });
      await new Promise<void>((resolve) => timers.after(delayMs, resolve));
    }
  }
};
