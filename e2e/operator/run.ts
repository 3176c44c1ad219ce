/**
 * The command: `npm run e2e:node -- [--minutes M] [--seed S]`. Brings up a real node on this machine (root, Linux; `npm run cluster:build` and `npm run
 * cluster:images` get what it needs) and runs the scenarios of pods on it. The last line is always `N passed, N failed`.
 */
import { parseArgs } from 'node:util';
import { killPods } from './exactly-once.kill-pods.ts';
import { operatorChangesJob } from './exactly-once.operator-changes-job.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string' },
  },
});
let passed = 0;
let failed = 0;
for (const { name, run } of [killPods, operatorChangesJob]) {
  if (values.scenario !== undefined && values.scenario !== name) continue;
  const settings = { seed: Number(values.seed), faultsMs: Number(values.minutes) * 60_000, print };
  try {
    const { findings, faults } = await run(settings);
    print(`${name}: seed ${values.seed}, ${faults} faults, ${findings.length} violations`);
    for (const { checker, what } of findings.slice(0, 10)) print(`  ${checker}: ${what}`);
    if (findings.length === 0) passed++;
    else failed++;
  } catch (error) {
    failed++;
    print(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
print(`${passed} passed, ${failed} failed`);
