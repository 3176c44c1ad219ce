/** The command: `npm run bench [-- NAME…] [--json FILE]`. A NAME is that of a scenario or the beginning of several. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { geometricMean, type Row, toRow } from './row.ts';
import type { Measurement, PartName, Scenario } from './scenario.ts';
import { scenarios } from './scenarios/all.ts';
import { toMarkdown } from './table.ts';

const nodeOptions = ['--conditions=millrace-source', '--expose-gc', '--disable-warning=ExperimentalWarning'];

/** Runs a part in a fresh process and gives what it printed. */
const runPart = (scenario: Scenario, part: PartName | 'prepare'): Promise<string> =>
  new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL('measure.ts', import.meta.url));
    const child = spawn(process.execPath, [...nodeOptions, program, scenario.name, part], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`The part ${part} of ${scenario.name} ended with code ${code}.`));
    });
  });

const measurePart = async (scenario: Scenario, part: PartName): Promise<Measurement> => {
  const output = await runPart(scenario, part);
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  // JSON has no NaN: what a part cannot tell comes as null.
  return JSON.parse(last, (_key, value: unknown) => value ?? Number.NaN) as Measurement;
};

const partsOf = (scenario: Scenario): readonly PartName[] => [
  'subject',
  ...(scenario.baseline !== undefined && 'part' in scenario.baseline ? (['baseline'] as const) : []),
  ...(scenario.small === undefined ? [] : (['small'] as const)),
];

/** Runs the parts in turn, so that what else the machine does hits all of them. */
const runScenario = async (scenario: Scenario): Promise<Row> => {
  if (scenario.prepare !== undefined) await runPart(scenario, 'prepare');
  const runs: Partial<Record<PartName, Measurement[]>> = {};
  for (let i = 0; i < (scenario.repetitions ?? 1); i++) {
    for (const part of partsOf(scenario)) {
      const measurement = await measurePart(scenario, part);
      runs[part] = [...(runs[part] ?? []), measurement];
    }
  }
  return toRow(scenario, runs);
};

const selected = (names: readonly string[]): readonly Scenario[] =>
  names.length === 0
    ? scenarios.filter(({ onlyByName }) => onlyByName !== true)
    : scenarios.filter(
        ({ name, onlyByName }) =>
          names.includes(name) || (onlyByName !== true && names.some((start) => name.startsWith(start))),
      );

/** Queries that are the same plan here and in Flink's SQL. */
const comparable = ['q0', 'q1', 'q2', 'q11', 'q18'].map((name) => `nexmark-${name}`);

/** The geometric means of what is compared with Flink, where it was measured. */
const meansOf = (rows: readonly Row[]): string => {
  const nexmark = rows.filter(({ scenario, ratio }) => scenario.startsWith('nexmark') && ratio !== undefined);
  const same = nexmark.filter(({ scenario }) => comparable.includes(scenario));
  const lineOf = (name: string, of: readonly Row[]): string =>
    `${name}: ${geometricMean(of.map(({ ratio }) => ratio ?? Number.NaN))?.toFixed(2)} times Flink in geometric mean\n`;
  if (nexmark.length === 0) return '';
  const all = lineOf('all queries of Nexmark', nexmark);
  return same.length === comparable.length ? `\n${lineOf('q0, q1, q2, q11, q18', same)}${all}` : `\n${all}`;
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, list: { type: 'boolean' } },
});
const chosen = selected(positionals);
if (values.list === true) {
  for (const { name, title } of chosen) process.stdout.write(`${name}: ${title}\n`);
} else {
  const rows: Row[] = [];
  for (const scenario of chosen) {
    process.stderr.write(`${scenario.name} …\n`);
    try {
      rows.push(await runScenario(scenario));
    } catch (error) {
      process.stderr.write(`${scenario.name} could not be measured: ${String(error)}\n`);
      process.exitCode = 1;
    }
  }
  process.stdout.write(toMarkdown(rows));
  process.stdout.write(meansOf(rows));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
}
