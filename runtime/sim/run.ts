/**
 * The command: `npm run sim -- --seed S | --runs N [--from S] | --exhaustive | --planted`, each with `--scenario NAME`. The last
 * line is always `N passed, N failed`. A seed that failed is had again with `--seed`, which prints its trace.
 */
import { parseArgs } from 'node:util';
import { type Trap, traps } from './planted/catalogue.ts';
import { type NamedScenario, scenarios } from './scenarios/all.ts';
import type { Outcome } from './simulate.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** How many seeds a planted bug may take at most until it is caught. */
const mostSeeds = 500;

interface Tally {
  passed: number;
  failed: number;
}

const describe = (name: string, { seed, findings, nowMs }: Outcome): void => {
  print(`${name}: seed ${seed} failed after ${Math.round(nowMs / 1000)} s of virtual time`);
  for (const { checker, what } of findings.slice(0, 5)) print(`  ${checker}: ${what}`);
};

const runSwarm = async (
  name: string,
  scenario: NamedScenario,
  from: number,
  runs: number,
  tally: Tally,
): Promise<void> => {
  const startedMs = performance.now();
  let virtualMs = 0;
  for (let seed = from; seed < from + runs; seed += scenario.oneIn) {
    const outcome = await scenario.swarm(seed);
    virtualMs += outcome.nowMs;
    if (outcome.findings.length === 0) tally.passed++;
    else {
      tally.failed++;
      describe(name, outcome);
    }
  }
  const tookS = Math.round((performance.now() - startedMs) / 1000);
  print(
    `${name}: ${Math.ceil(runs / scenario.oneIn)} seeds, ${(virtualMs / 3_600_000).toFixed(1)} hours of virtual time in ${tookS} s`,
  );
};

const runSeed = async (name: string, scenario: NamedScenario, seed: number, tally: Tally): Promise<void> => {
  const outcome = await scenario.swarm(seed);
  for (const line of outcome.trace) print(line);
  if (outcome.findings.length === 0) tally.passed++;
  else {
    tally.failed++;
    describe(name, outcome);
  }
};

const runCrashes = async (name: string, scenario: NamedScenario, tally: Tally): Promise<void> => {
  if (scenario.crash === undefined) return;
  const { calls, single, pairs, failed } = await scenario.crash();
  print(
    `${name}: ${calls} calls, crashed before and after each: ${single} runs, and ${pairs} pairs of crashes`,
  );
  for (const { points, outcome } of failed) {
    print(`crashes ${points.map(({ call, when }) => `${when} call ${call}`).join(' and ')}:`);
    describe(name, outcome);
  }
  tally.failed += failed.length;
  tally.passed += single + pairs - failed.length;
};

const runPlanted = async (planted: readonly Trap[], tally: Tally): Promise<void> => {
  const seeds: number[] = [];
  for (const trap of planted) {
    const caught = await trap.spring(mostSeeds);
    if (caught.seeds === undefined) {
      tally.failed++;
      print(`not caught in ${mostSeeds} seeds: ${caught.name} (${caught.pattern})`);
      continue;
    }
    tally.passed++;
    seeds.push(caught.seeds);
    print(`caught by seed ${caught.seeds}: ${caught.name} (${caught.pattern}). ${caught.finding}`);
  }
  const sorted = seeds.toSorted((one, other) => one - other);
  print(
    `planted bugs caught: ${seeds.length}/${planted.length}, median seeds ${sorted[sorted.length >> 1] ?? 'none'}`,
  );
};

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    from: { type: 'string', default: '1' },
    exhaustive: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    scenario: { type: 'string', multiple: true },
  },
});
const tally: Tally = { passed: 0, failed: 0 };
const chosen = Object.entries(scenarios).filter(([name]) => values.scenario?.includes(name) ?? true);
try {
  for (const [name, scenario] of chosen) {
    if (values.seed !== undefined) await runSeed(name, scenario, Number(values.seed), tally);
    if (values.runs !== undefined)
      await runSwarm(name, scenario, Number(values.from), Number(values.runs), tally);
    if (values.exhaustive) await runCrashes(name, scenario, tally);
  }
  if (values.planted) await runPlanted(traps, tally);
} catch (error) {
  tally.failed++;
  print(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
if (tally.passed + tally.failed === 0) {
  print(`Nothing was run. Scenarios: ${Object.keys(scenarios).join(', ')}.`);
  tally.failed++;
}
process.exitCode = tally.failed === 0 ? 0 : 1;
print(`${tally.passed} passed, ${tally.failed} failed`);
