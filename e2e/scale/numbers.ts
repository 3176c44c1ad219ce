export const tenths = (value: number): number => Math.round(value * 10) / 10;

/** Calls `work` with each number below `count`, so many at once. */
export const inParallel = async (
  count: number,
  atOnce: number,
  work: (number: number) => Promise<void>,
): Promise<void> => {
  let next = 0;
  const go = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, go));
};
