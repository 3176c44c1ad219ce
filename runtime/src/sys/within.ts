import type { Cancellable, Timers } from './system.ts';

/** Whether a promise settles within a time. With what it settles is not looked at; a rejection counts as handled. */
export const settlesWithin = async (
  timers: Timers,
  promise: Promise<unknown>,
  withinMs: number,
): Promise<boolean> => {
  let timer: Cancellable | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = timers.after(withinMs, () => resolve(false));
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([settled, late]);
  timer?.cancel();
  return result;
};
