/**
 * `checkers` say what is wrong with what a job has left. They share those of the simulator where there is something to share; each has tests that show
 * that it sees what it is for.
 */
import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { checkConservation, checkOutput } from '../../runtime/sim/checkers/output.ts';
import type { Row } from '../../runtime/sim/workload/outlet.ts';
import type { Output } from '../workload/records.ts';

const places = ['windows', 'counts', 'letters'] as const;

const recordsIn = (windows: readonly Row[]): number =>
  windows.reduce((total, { value }) => total + Number.parseInt(value, 10), 0);

/** The output is that of a run without failures: nothing lost, nothing twice, nothing wrong. */
export const checkFinished = (seen: Output, golden: Output): readonly Finding[] => [
  ...places.flatMap((place) => checkOutput(place, seen[place], golden[place])),
  ...checkConservation(seen.windows, recordsIn(golden.windows)),
];

const nameOf = ({ key, value }: Row): string => `${key} = ${value}`;

/** What is published while the job still runs is a part of that: nothing twice, nothing wrong. */
export const checkSoFar = (seen: Output, golden: Output): readonly Finding[] =>
  places.flatMap((place) => {
    const names = new Set(seen[place].map(nameOf));
    const due = golden[place].filter((row) => names.has(nameOf(row)));
    return checkOutput(place, seen[place], due);
  });

/** At the end nothing is prepared that is not published. */
export const checkNothingHidden = (hidden: readonly string[]): readonly Finding[] =>
  hidden.map((what) => ({ checker: 'leftovers', what: `${what} was left behind` }));
