/**
 * The command: `npm run e2e:node -- [--minutes M] [--seed S] [--scenario NAME] [--all] [--down]`. Brings up a real node on this machine (root, Linux; `npm run cluster:build` and `npm run
 * cluster:images` get what it needs) and runs the scenarios of pods on it: those of every change, with `--all` those of a night. The node stays up, except with `--down`. The last line is always `N passed, N failed`.
 */
import { parseArgs } from 'node:util';
import { startCluster } from '../cluster/cluster.ts';
import { badInput } from './bad-input.recovers.ts';
import { killPods } from './exactly-once.kill-pods.ts';
import { operatorChangesJob } from './exactly-once.operator-changes-job.ts';
import { infrastructureFaults } from './faults.infrastructure.ts';
import { deleteAndRecreate } from './life.delete-and-recreate.ts';
import { operatorUpgrade } from './operator.upgrade.ts';
import { rescaleByEverything } from './rescale.by-everything.ts';
import { twoNamespaces } from './tenants.two-namespaces.ts';
import { upgradeRollback } from './upgrade.rollback.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    all: { type: 'boolean', default: false },
    down: { type: 'boolean', default: false },
  },
});
/** Together some minutes. */
const always = [killPods, operatorChangesJob, upgradeRollback];
const nightly = [
  deleteAndRecreate,
  badInput,
  infrastructureFaults,
  rescaleByEverything,
  twoNamespaces,
  operatorUpgrade,
];
const chosen = [...always, ...nightly].filter(({ name }) =>
  values.scenario === undefined
    ? values.all || always.some((one) => one.name === name)
    : name === values.scenario,
);

let passed = 0;
let failed = 0;
for (const { name, run } of chosen) {
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
if (values.down) await (await startCluster()).down();
process.exitCode = failed === 0 ? 0 : 1;
print(`${passed} passed, ${failed} failed`);
