/**
 * The command: `npm run e2e -- [--scenario NAME] [--minutes M] [--seed S]`. Each scenario goes on with its faults for that long; what a scenario does by chance
 * follows from the seed. The last line is always `N passed, N failed`.
 */
import { parseArgs } from 'node:util';
import { isSkipped } from './harness/tools.ts';
import { scenarios } from './scenarios/all.ts';
import type { Scenario, ScenarioOutcome } from './scenarios/scenario.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const quantile = (sorted: readonly number[], share: number): string => {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? 'none' : `${(value / 1000).toFixed(2)} s`;
};

const describe = (name: string, seed: number, outcome: ScenarioOutcome, tookMs: number): void => {
  const { findings, faults, recoveriesMs } = outcome;
  const sorted = recoveriesMs.toSorted((one, other) => one - other);
  const recovery =
    sorted.length === 0 ? '' : `, recovery p50 ${quantile(sorted, 0.5)}, p99 ${quantile(sorted, 0.99)}`;
  print(
    `${name}: seed ${seed}, ${(tookMs / 60_000).toFixed(1)} minutes, ${faults} faults${recovery}, ${findings.length} violations`,
  );
  for (const { checker, what } of findings.slice(0, 10)) print(`  ${checker}: ${what}`);
};

/** Why a scenario is left out here; in CI a missing tool is a failure and not a reason. */
const obstacleOf = ({ tool, obstacle }: Scenario): string | undefined =>
  tool !== undefined && isSkipped(tool) ? `${tool.command} gets ${tool.name}` : obstacle?.();

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);
const faultsMs = Number(values.minutes) * 60_000;
const chosen = scenarios.filter(({ name }) => values.scenario?.includes(name) ?? true);
let passed = 0;
let failed = 0;
for (const scenario of chosen) {
  const obstacle = obstacleOf(scenario);
  if (obstacle !== undefined) {
    print(`${scenario.name}: skipped: ${obstacle}`);
    continue;
  }
  const startedMs = performance.now();
  try {
    const outcome = await scenario.run({ seed, faultsMs, print });
    describe(scenario.name, seed, outcome, performance.now() - startedMs);
    if (outcome.findings.length === 0) passed++;
    else failed++;
  } catch (error) {
    failed++;
    print(`${scenario.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
if (chosen.length === 0) {
  failed++;
  print(`Nothing was run. Scenarios: ${scenarios.map(({ name }) => name).join(', ')}.`);
}
process.exitCode = failed === 0 ? 0 : 1;
print(`${passed} passed, ${failed} failed`);
