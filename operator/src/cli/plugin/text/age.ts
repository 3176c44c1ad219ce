const units: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
];

/** How long something takes or is ago, in the two largest units that matter: `42s`, `3m20s`, `5h`, `12d`. */
export const spanText = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const i = Math.max(
    0,
    units.findIndex(([, size]) => seconds >= size),
  );
  const [unit, size] = seconds === 0 ? (['s', 1] as const) : (units[i] as readonly [string, number]);
  const whole = Math.floor(seconds / size);
  const [smallerUnit, smallerSize] = units[i + 1] ?? ['', 1];
  const rest = Math.floor((seconds % size) / smallerSize);
  return whole < 10 && rest > 0 && smallerUnit !== ''
    ? `${whole}${unit}${rest}${smallerUnit}`
    : `${whole}${unit}`;
};

/** How long ago a time of an object is; undefined = it has none. */
export const ageText = (time: string | undefined, nowMs: number): string => {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? '-' : spanText(nowMs - ms);
};
