import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures } from './resident.ts';

/** Records that may be missing at the edge, two seconds of them: one slot may be half a second behind the other. */
const edge = 10_000;
const keys = 10_000;

/** Whether each record was published once, with the count that its key had by then: all of it follows from the number of the record. */
export const checkCounts = (folder: string): Figures => {
  const counts = new Map<number, number>();
  let twice = 0;
  let wrong = 0;
  for (const name of readdirSync(folder).filter((part) => !part.startsWith('.')))
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean)) {
      const { id, count } = JSON.parse(line) as { readonly id: number; readonly count: number };
      if (counts.has(id)) twice++;
      if (count !== Math.floor(id / keys) + 1) wrong++;
      counts.set(id, count);
    }
  const last = Math.max(0, ...[...counts.keys()].filter((id) => id % edge === 0));
  let missing = 0;
  for (let id = 0; id < last - edge; id++) if (!counts.has(id)) missing++;
  return {
    'published.records': counts.size,
    'published.twice': twice,
    'published.wrong': wrong,
    'published.missing': missing,
  };
};
