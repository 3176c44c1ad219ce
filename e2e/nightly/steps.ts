/** What a night is made of: each step is a command that says `N passed, N failed` on its last line. */
export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What became of a step; a line of the file. */
export interface StepResult {
  readonly at: string;
  readonly commit: string;
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  /** How it is had again. */
  readonly command: string;
}

/** Seeds of one run of the simulator: as many as take some minutes. */
export const seedsPerRound = 1000;
const lawRuns = 500;
const killMinutes = 10;

const source = '--conditions=millrace-source';

/** One round from a seed: random faults in the simulator, random programs that are killed, real processes and pods that are. */
export const stepsOf = (seed: number): readonly Step[] => [
  {
    name: 'simulator',
    command: ['node', source, 'runtime/sim/run.ts', '--runs', String(seedsPerRound), '--from', String(seed)],
    environment: {},
  },
  {
    name: 'laws',
    command: [
      'vitest',
      'run',
      '--config',
      'runtime/test/vitest.config.ts',
      'runtime/test/laws/crashes.test.ts',
    ],
    environment: { CRASH_RUNS: String(lawRuns), CRASH_SEED: String(seed) },
  },
  {
    name: 'kills',
    command: ['node', source, 'e2e/run.ts', '--minutes', String(killMinutes), '--seed', String(seed)],
    environment: {},
  },
  {
    // Needs root and what `npm run cluster:build` and `npm run cluster:images` leave; where that is not, it fails by name.
    name: 'pods',
    command: [
      'node',
      source,
      'e2e/operator/run.ts',
      '--all',
      '--down',
      '--minutes',
      String(killMinutes),
      '--seed',
      String(seed),
    ],
    environment: {},
  },
];

/** What the last lines of a command say; a command that has not said it has failed. */
export const countsIn = (output: string): { readonly passed: number; readonly failed: number } => {
  const closing = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, \d+ skipped)?$/gm)].at(-1);
  return closing === undefined
    ? { passed: 0, failed: 1 }
    : { passed: Number(closing[1]), failed: Number(closing[2]) };
};

/** As one types it. */
export const lineOf = ({ command, environment }: Step): string =>
  [...Object.entries(environment).map(([name, value]) => `${name}=${value}`), ...command].join(' ');
