import type { PublishedRow, Row } from '../workload/outlet.ts';
import type { Finding } from './finding.ts';

/** How often each row is there, by key and value. */
const multiset = (rows: readonly Row[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { key, value } of rows) {
    const row = `${key} = ${value}`;
    counts.set(row, (counts.get(row) ?? 0) + 1);
  }
  return counts;
};

/** What was published is what is expected, row by row, each as often: nothing lost, nothing twice, nothing wrong. */
export const checkOutput = (
  sink: string,
  published: readonly Row[],
  expected: readonly Row[],
): readonly Finding[] => {
  const [seen, wanted] = [multiset(published), multiset(expected)];
  const rows = new Set([...seen.keys(), ...wanted.keys()]);
  return [...rows].flatMap((row) => {
    const [times, due] = [seen.get(row) ?? 0, wanted.get(row) ?? 0];
    if (times === due) return [];
    return [{ checker: 'output', what: `${sink}: ${row} is there ${times} times instead of ${due}` }];
  });
};

/**
 * No result of a key and window was published by two transactions: an attempt that was replaced must not have got through what its
 * successor brought again. Looks at keys alone, so that two different values of one window are found as well.
 */
export const checkSingleWriter = (rows: readonly PublishedRow[]): readonly Finding[] => {
  const writers = new Map<string, PublishedRow>();
  return rows.flatMap((row) => {
    const name = `${row.sink}: ${row.key}`;
    const before = writers.get(name);
    if (before === undefined) writers.set(name, row);
    if (before === undefined || before.attempt === row.attempt) return [];
    return [
      {
        checker: 'single-writer',
        what: `${name} was published by attempt ${before.attempt} and by attempt ${row.attempt}`,
      },
    ];
  });
};

/** As many records came out of the windows as went in, all windows together. */
export const checkConservation = (windows: readonly Row[], recordsIn: number): readonly Finding[] => {
  const out = windows.reduce((total, { value }) => total + Number.parseInt(value, 10), 0);
  if (out === recordsIn) return [];
  return [{ checker: 'conservation', what: `${recordsIn} records went into windows and ${out} came out` }];
};
