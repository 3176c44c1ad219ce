/**
 * The command: `npm run e2e:scale -- NAME [--jobs N] [--json FILE]`, behind `npm run build`. It starts an etcd and an API server of its own (`npm run
 * cluster:build` gets them) and prints figures as JSON.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { created } from './created.ts';
import { firstWrite } from './first-write.ts';
import { idle } from './idle.ts';
import type { Measure } from './measure.ts';
import { oneJob } from './one-job.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const measures: Readonly<Record<string, { readonly measure: Measure; readonly jobs: number }>> = {
  created: { measure: created, jobs: 1000 },
  'first-write': { measure: firstWrite, jobs: 500 },
  'one-job': { measure: oneJob, jobs: 1 },
  idle: { measure: idle, jobs: 5000 },
};

// What it has started is ended when it exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string' },
    'foreign-pods': { type: 'string' },
    program: { type: 'string' },
    'node-flags': { type: 'string' },
    json: { type: 'string' },
  },
});
const [name = ''] = positionals;
const chosen = measures[name];
if (chosen === undefined) {
  print(`usage: npm run e2e:scale -- ${Object.keys(measures).join('|')} [--jobs N] [--json FILE]`);
  process.exitCode = 1;
} else {
  const jobs = Number(values.jobs ?? chosen.jobs);
  const foreignPods = Number(values['foreign-pods'] ?? 10_000);
  const nodeFlags = values['node-flags']?.split(' ') ?? [];
  const { program } = values;
  const figures = { name, ...(await chosen.measure({ jobs, foreignPods, nodeFlags, program, print })) };
  const text = JSON.stringify(figures, undefined, 2);
  print(text);
  if (values.json !== undefined) writeFileSync(values.json, `${text}\n`);
}
