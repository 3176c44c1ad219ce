import { readFileSync } from 'node:fs';

/** Memory of a process, in MiB. */
export interface Resident {
  readonly resident: number;
  /** Of that what no file has. */
  readonly anonymous: number;
  /** Its own, and its share of what several processes have. */
  readonly proportional: number;
}

const field = (text: string, name: string): number =>
  Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024);

/** By the kernel's own books (Linux). */
export const residentOf = (processId: number): Resident => {
  const text = readFileSync(`/proc/${processId}/smaps_rollup`, 'utf8');
  return {
    resident: field(text, 'Rss'),
    anonymous: field(text, 'Anonymous'),
    proportional: field(text, 'Pss'),
  };
};
