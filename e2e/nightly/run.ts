/**
 * The command: `npm run nightly -- [--hours H] [--seed S] [--file FILE] [--step NAME]`. Goes round until its time is up, each round with fresh seeds, which
 * are printed, and appends what became of each step to a file, a line of JSON each. The last line is always `N passed, N failed`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { countsIn, lineOf, type Step, type StepResult, seedsPerRound, stepsOf } from './steps.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '8' },
    seed: { type: 'string' },
    file: { type: 'string', default: 'nightly.jsonl' },
    step: { type: 'string', multiple: true },
  },
});
const untilMs = Date.now() + Number(values.hours) * 3_600_000;
const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout.trim();

/** Runs a step to its end and gives all that it has printed. */
const output = ({ command, environment }: Step): Promise<string> =>
  new Promise((resolve) => {
    const [program = '', ...words] = command;
    const child = spawn(program, words, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    const take = (chunk: string): void => {
      text += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => resolve(`${text}\n${error.message}`));
    child.on('close', () => resolve(text));
  });

const tally = { passed: 0, failed: 0 };

const perform = async (step: Step, seed: number): Promise<void> => {
  const startedMs = Date.now();
  const text = await output(step);
  const { passed, failed } = countsIn(text);
  tally.passed += passed;
  tally.failed += failed;
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  const at = new Date(startedMs).toISOString();
  const result: StepResult = {
    at,
    commit,
    name: step.name,
    seed,
    seconds,
    passed,
    failed,
    command: lineOf(step),
  };
  appendFileSync(values.file, `${JSON.stringify(result)}\n`);
  print(`${at} ${step.name} from seed ${seed}: ${passed} passed, ${failed} failed in ${seconds} s`);
  if (failed > 0) print(text);
};

/** At least one round, however little time there is. */
for (let seed = firstSeed; seed === firstSeed || Date.now() < untilMs; seed += seedsPerRound) {
  for (const step of stepsOf(seed)) if (values.step?.includes(step.name) ?? true) await perform(step, seed);
}
process.exitCode = tally.failed === 0 ? 0 : 1;
print(`${tally.passed} passed, ${tally.failed} failed`);
