import { type CrashPoint, type IoCall, onCommitPath } from './faults.ts';
import type { Scenario } from './scenario.ts';
import { type Outcome, simulateCrashes } from './simulate.ts';

/** The second crash comes so many calls of the commit path behind the first at most: behind them the recovery is over. */
const mostBehind = 8;

/** What crashing everywhere has shown. */
export interface ExhaustiveResult {
  readonly calls: number;
  readonly single: number;
  readonly pairs: number;
  readonly failed: readonly { readonly points: readonly CrashPoint[]; readonly outcome: Outcome }[];
}

const bothSides = (call: number): readonly CrashPoint[] => [
  { call, when: 'before' },
  { call, when: 'after' },
];

/** Every pair of crashes on the commit path that lie close together. */
const pairsOf = (calls: readonly IoCall[]): readonly (readonly CrashPoint[])[] => {
  const seconds = Array.from({ length: mostBehind }, (_, i) => i + 1).flatMap(bothSides);
  return calls
    .filter(({ what, on }) => onCommitPath(what, on))
    .flatMap(({ number }) => bothSides(number))
    .flatMap((first) => seconds.map((second) => [first, second]));
};

/**
 * Runs a scenario once for each call that it makes, crashing before it, once more crashing after it, and then for each pair of
 * crashes on the commit path.
 * @throws Error when the run without a crash is wrong already.
 */
export const runExhaustive = async <Seams>(
  scenario: Scenario<Seams>,
  seams: Seams = scenario.seams,
): Promise<ExhaustiveResult> => {
  const seed = 1;
  const { calls, findings } = await simulateCrashes(scenario, seed, [], seams);
  const [finding] = findings;
  if (finding !== undefined) throw new Error(`Without any fault: ${finding.checker}: ${finding.what}`);
  const single = calls.flatMap(({ number }) => bothSides(number)).map((point) => [point]);
  const pairs = pairsOf(calls);
  const failed = [];
  for (const points of [...single, ...pairs]) {
    const outcome = await simulateCrashes(scenario, seed, points, seams);
    if (outcome.findings.length > 0) failed.push({ points, outcome });
  }
  return { calls: calls.length, single: single.length, pairs: pairs.length, failed };
};
