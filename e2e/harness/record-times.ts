import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A time in which no record came, in ms of the clock on the wall. */
interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the slots of a job have written down. */
const linesOf = (folder: string): readonly (readonly [string, number])[] => {
  const path = join(folder, 'times.txt');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [from = '', to] = line.split(' ');
    return [from, Number(to)] as const;
  });
};

const readGaps = (folder: string): readonly Gap[] =>
  linesOf(folder).flatMap(([from, toMs]) => (from === 'begins' ? [] : [{ fromMs: Number(from), toMs }]));

/** When each slot that has begun since then gave its first record. */
export const beginningsSince = (folder: string, sinceMs: number): readonly number[] =>
  linesOf(folder).flatMap(([from, toMs]) => (from === 'begins' && toMs >= sinceMs ? [toMs] : []));

/** How long no record came in a slot, at most, of what touches this time. */
export const longestGapMs = (folder: string, fromMs: number, toMs: number): number =>
  readGaps(folder)
    .filter((gap) => gap.toMs >= fromMs && gap.fromMs <= toMs)
    .reduce((longest, gap) => Math.max(longest, gap.toMs - gap.fromMs), 0);
