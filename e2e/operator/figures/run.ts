/**
 * The command: `npm run e2e:figures -- [--rounds N] [--json FILE]`. Measures on a real node how long a job of 5,000 records a second, 10,000 keys and a
 * checkpoint a second stands still when something happens to it, and what it takes of memory. For a machine that does nothing else.
 */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { startCluster } from '../../cluster/cluster.ts';
import type { Figures } from './resident.ts';
import { measureRound } from './round.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, json: { type: 'string' } },
});
const cluster = await startCluster();
const rounds: Figures[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  const load = loadavg()[0] ?? Number.NaN;
  const figures = { 'machine.load': Math.round(load * 10) / 10, ...(await measureRound(cluster)) };
  rounds.push(figures);
  print(`round ${round}: ${JSON.stringify(figures)}`);
  // After each: what was measured is not lost when a later round fails.
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rounds, undefined, 2)}\n`);
}
for (const name of Object.keys(rounds[0] ?? {}))
  print(`${name}: ${rounds.map((figures) => figures[name]).join(', ')}`);
