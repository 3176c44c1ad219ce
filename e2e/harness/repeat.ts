/** Does something again and again until it is told to stop; stopping waits for what is under way, and throws what it threw. */
export const repeat = (act: () => Promise<void>): (() => Promise<void>) => {
  let isOver = false;
  const done = (async () => {
    while (!isOver) await act();
  })();
  // Whoever stops it hears of it.
  done.catch(() => {});
  return () => {
    isOver = true;
    return done;
  };
};
