import type { CrashPoint } from './faults.ts';
import type { Scenario } from './scenario.ts';
import { type Outcome, simulateCrashes } from './simulate.ts';

/** A call of the run without faults: its number, and the line of the trace that tells of it. */
interface NumberedCall {
  readonly number: number;
  readonly line: string;
}

/** A crash at one of these calls is followed by a second one: they are where a checkpoint comes to be and is made visible. */
const onCommitPath = /putIfAbsent .*\/log\/|outlet\.(?:seal|commit|abort)/;

/** The second crash comes so many calls behind the first at most: the recovery from the first is behind them. */
const pairDistance = 24;

/** What crashing everywhere has shown. */
export interface ExhaustiveResult {
  readonly calls: number;
  readonly single: number;
  readonly pairs: number;
  readonly failed: readonly { readonly points: readonly CrashPoint[]; readonly outcome: Outcome }[];
}

const callsOf = ({ trace }: Outcome): readonly NumberedCall[] =>
  trace.flatMap((line) => {
    const number = / #(\d+) /.exec(line)?.[1];
    return number === undefined ? [] : [{ number: Number(number), line }];
  });

const bothSides = (call: number): readonly CrashPoint[] => [
  { call, when: 'before' },
  { call, when: 'after' },
];

/** Every second crash that follows a first one. */
const pairsOf = (calls: readonly NumberedCall[]): readonly (readonly CrashPoint[])[] =>
  calls
    .filter(({ line }) => onCommitPath.test(line))
    .flatMap(({ number }) => bothSides(number))
    .flatMap((first) =>
      Array.from({ length: pairDistance }, (_, i) => first.call + i + 1)
        .flatMap(bothSides)
        .map((second) => [first, second]),
    );

/**
 * Runs a scenario once for each call that it makes, crashing before it, once more crashing after it, and then with a second crash
 * behind each crash on the commit path.
 * @throws Error when the run without a crash is wrong already.
 */
export const runExhaustive = async <Seams>(
  scenario: Scenario<Seams>,
  seams: Seams = scenario.seams,
): Promise<ExhaustiveResult> => {
  const seed = 1;
  const quiet = await simulateCrashes(scenario, seed, [], seams);
  const [finding] = quiet.findings;
  if (finding !== undefined) throw new Error(`Without any fault: ${finding.checker}: ${finding.what}`);
  const calls = callsOf(quiet);
  const single = calls.flatMap(({ number }) => bothSides(number)).map((point) => [point]);
  const pairs = pairsOf(calls);
  const failed = [];
  for (const points of [...single, ...pairs]) {
    const outcome = await simulateCrashes(scenario, seed, points, seams);
    if (outcome.findings.length > 0) failed.push({ points, outcome });
  }
  return { calls: calls.length, single: single.length, pairs: pairs.length, failed };
};
