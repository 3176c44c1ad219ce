import { existsSync, readFileSync } from 'node:fs';

/**
 * The moments at which slots had a record, oldest first: the file has a line for each, some ms apart, so that what is shorter is not
 * seen.
 */
const momentsIn = (file: string): readonly number[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(Number)
        .toSorted((one, other) => one - other)
    : [];

/** The longest time that ended since a moment and in which no slot had a record. */
export const longestPauseMs = (file: string, sinceMs: number): number =>
  momentsIn(file).reduce(
    ({ longestMs, lastMs }, moment) => ({
      longestMs: moment >= sinceMs ? Math.max(longestMs, moment - lastMs) : longestMs,
      lastMs: moment,
    }),
    { longestMs: 0, lastMs: Number.POSITIVE_INFINITY },
  ).longestMs;

/** The first record since a moment; undefined = there was none yet. */
export const firstMomentSince = (file: string, sinceMs: number): number | undefined =>
  momentsIn(file).find((moment) => moment >= sinceMs);
