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

/** Of values in any order. */
const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

export const spread = (values: readonly number[]): Readonly<Record<string, number>> => ({
  n: values.length,
  p50: tenths(percentile(values, 0.5)),
  p99: tenths(percentile(values, 0.99)),
  longest: tenths(Math.max(...values)),
});
