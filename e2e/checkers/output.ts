/**
 * `checkers` say what is wrong with what a job has left. They share those of the simulator where there is something to share; each has tests that show
 * that it sees what it is for.
 */
import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { checkConservation, checkOutput } from '../../runtime/sim/checkers/output.ts';
import { expectedOutput, isPoison, type Output } from '../workload/records.ts';

/** The output is that of a run without failures: nothing lost, nothing twice, nothing wrong. */
export const checkFinished = (seen: Output, records: number): readonly Finding[] => {
  const wanted = expectedOutput(records);
  const good = Array.from({ length: records }, (_, index) => index).filter((index) => !isPoison(index));
  return [
    ...checkOutput('windows', seen.windows, wanted.windows),
    ...checkOutput('counts', seen.counts, wanted.counts),
    ...checkOutput('letters', seen.letters, wanted.letters),
    ...checkConservation(seen.windows, good.length),
  ];
};

/** What is published while the job still runs is a part of that: nothing twice, nothing wrong. */
export const checkSoFar = (seen: Output, records: number): readonly Finding[] =>
  checkFinished(seen, records).filter(
    ({ checker, what }) => checker !== 'conservation' && !what.includes('is there 0 times'),
  );

/** At the end nothing is prepared that is not published. */
export const checkNothingHidden = (hidden: readonly string[]): readonly Finding[] =>
  hidden.map((what) => ({ checker: 'leftovers', what: `${what} was left behind` }));
