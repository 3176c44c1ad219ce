import { timeouts } from '../timeouts.ts';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something is so; false when it was not within the limit. */
export const waitUntil = async (isSo: () => boolean, limitMs: number): Promise<boolean> => {
  const lastMs = performance.now() + limitMs;
  while (!isSo()) {
    if (performance.now() > lastMs) return false;
    await pause(timeouts.lookMs);
  }
  return true;
};
