/** What `npm run example:flights` runs: the flights job by the millrace command, and then a look into the table it has written. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const database = pathOf('delays.sqlite');

const command = [pathOf('../../src/bin/millrace.ts'), 'run', pathOf('job.yaml'), ...process.argv.slice(2)];
const millrace = spawn(process.execPath, ['--conditions=millrace-source', ...command], { stdio: 'inherit' });
// Ctrl-C reaches both; the job decides how it ends.
process.on('SIGINT', () => undefined);
const [code] = (await once(millrace, 'exit')) as [number | null];
if (code !== 0) process.exit(code ?? 1);

const rows = new DatabaseSync(database, { readOnly: true })
  .prepare(`
    SELECT airport, name, state, sum(flights) / 7 AS flights,
           round(sum(flights * delay) / sum(flights), 1) AS delay, max(delay) AS worst
    FROM delays GROUP BY airport ORDER BY 4 DESC LIMIT 10`)
  .all();
process.stdout.write(
  '\nThe ten busiest airports: arrivals, their mean delay, and the worst week (minutes)\n\n',
);
for (const { airport, name, state, flights, delay, worst } of rows) {
  const place = [`${String(airport)} `, `${String(name)},`, state].join(' ').padEnd(46);
  const numbers = [flights, Number(delay).toFixed(1), Number(worst).toFixed(1)];
  process.stdout.write(`  ${place}${numbers.map((value) => String(value).padStart(8)).join('')}\n`);
}
process.stdout.write(`\nEvery airport and week: table "delays" in ${database}\n`);
