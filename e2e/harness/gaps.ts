import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A time in which no record came, in ms of the clock on the wall. */
interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the slots of a job have written down. */
const readGaps = (folder: string): readonly Gap[] => {
  const path = join(folder, 'gaps.txt');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [fromMs = 0, toMs = 0] = line.split(' ').map(Number);
    return { fromMs, toMs };
  });
};

/** How long no record came in a slot, at most, of what touches this time. */
export const longestGapMs = (folder: string, fromMs: number, toMs: number): number =>
  readGaps(folder)
    .filter((gap) => gap.toMs >= fromMs && gap.fromMs <= toMs)
    .reduce((longest, gap) => Math.max(longest, gap.toMs - gap.fromMs), 0);
