import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatProblems } from '../../src/contract/format-problems.ts';
import { type ManifestResult, parseManifest } from '../../src/contract/parse-manifest.ts';
import type { StreamJob } from '../../src/contract/stream-job.ts';
import { jobOf, minimal } from './support.ts';

const head = 'apiVersion: millrace.dev/v1alpha1\nkind: StreamJob\nmetadata: {name: flights}\n';
const good = `${head}spec:\n  job: {entry: job.ts}\n`;

const read = (text: string): ManifestResult => parseManifest(text, 'job.yaml');

const jobFrom = (text: string): StreamJob => {
  const result = read(text);
  if (!result.ok) expect.fail(formatProblems(result.problems));
  return result.job;
};

/** The problems of a text, each as `line:column path: message`. */
const problemsOf = (text: string): string[] => {
  const result = read(text);
  return result.ok
    ? []
    : result.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
};

/** The characters that each problem points at. */
const spotsOf = (text: string): string[] => {
  const result = read(text);
  const lines = text.split(/\r?\n/);
  return result.ok
    ? []
    : result.problems.map(({ line, column, length }) =>
        (lines[line - 1] ?? '').slice(column - 1, column - 1 + length),
      );
};

describe('a good manifest', () => {
  it('gives the job with all defaults', () => {
    expect(jobFrom(good)).toEqual(jobOf(minimal));
  });

  it('may be JSON', () => {
    expect(jobFrom(JSON.stringify(minimal))).toEqual(jobOf(minimal));
    expect(jobFrom(JSON.stringify(minimal, null, 2))).toEqual(jobOf(minimal));
  });

  it('may have a byte order mark, carriage returns, comments and a document marker', () => {
    expect(jobFrom(`\uFEFF# a job\r\n---\r\n${good.replaceAll('\n', '\r\n')}...\r\n`)).toEqual(
      jobOf(minimal),
    );
  });

  it('may use anchors within reason', () => {
    const text = `${head}spec:\n  job: &j {entry: job.ts}\n  args: {a: &x one, b: *x}\n`;
    expect(jobFrom(text).spec.args).toEqual({ a: 'one', b: 'one' });
  });

  it('is what a checked job becomes when it is written and read again', () => {
    const job = jobFrom(
      `${good}  checkpoint: {store: {s3: {bucket: snapshots}}}\n  restart: {strategy: FixedDelay}\n`,
    );
    expect(jobFrom(stringify(job))).toEqual(job);
  });

  it('can stand beside other documents, which are listed', () => {
    const text = `kind: ConfigMap\nmetadata: {name: settings}\n---\n${good}---\nkind: Secret\nmetadata:\n  name: db\n---\njust text\n`;
    const result = read(text);
    expect(result.ok).toBe(true);
    expect(result.others).toEqual([
      { kind: 'ConfigMap', name: 'settings', line: 1 },
      { kind: 'Secret', name: 'db', line: 10 },
      { kind: 'unknown', name: '', line: 14 },
    ]);
  });

  it('is not looked at in its other documents', () => {
    expect(problemsOf(`${good}---\nkind: Foo\nspec: {job: 5, paralelism: x}\n`)).toEqual([]);
  });
});

describe('the place of a problem', () => {
  it('is the value when the value is wrong', () => {
    const text = `${good}  parallelism: two\n  args:\n    - x\n`;
    expect(problemsOf(text)).toEqual([
      '6:16 spec.parallelism: expected a whole number from 1 to 4096, found the text "two"',
      '7:3 spec.args: expected a mapping of at most 128 entries, found a list of 1 entry',
    ]);
    expect(spotsOf(text)).toEqual(['two', 'args']);
  });

  it('is the name when the name is wrong', () => {
    const text = `${good}  paralelism: 2\n  args: {"1": x}\n`;
    expect(spotsOf(text)).toEqual(['paralelism', '"1"']);
  });

  it('is the name of the block in which something is missing', () => {
    expect(spotsOf(`${good}  checkpoint:\n    interval: 10s\n`)).toEqual(['checkpoint']);
    expect(
      problemsOf('apiVersion: millrace.dev/v1alpha1\nkind: StreamJob\nspec: {job: {entry: a.ts}}\n'),
    ).toEqual([
      '1:1 metadata: expected a mapping with name, namespace, labels, annotations, but it is missing',
    ]);
  });

  it('is the name of a field whose value was left out', () => {
    expect(spotsOf(`${good}  checkpoint:\n  mode:\n`)).toEqual(['checkpoint', 'mode']);
  });

  it('is the entry of a list, also when it is a block', () => {
    const text = `${good}  env:\n    - name: A\n      value: x\n    - nmae: B\n      value: y\n    - 5\n`;
    expect(problemsOf(text).map((problem) => problem.slice(0, 18))).toEqual([
      '9:7 spec.env[1].nm',
      '9:7 spec.env[1]: e',
      '11:7 spec.env[2]: ',
    ]);
  });

  it('is the use of an alias, or the spot inside of what it stands for', () => {
    const text = `${head}spec:\n  job: {entry: job.ts}\n  mode: &m Sometimes\n  args: {a: &n 5, b: *n}\n  upgrade: {mode: *m}\n`;
    expect(spotsOf(text)).toEqual(['Sometimes', '5', '*n', '*m']);
  });

  it('is right behind carriage returns and in flow style', () => {
    const text = `${good}  upgrade: {mode: Never, policy: Auto}\n`.replaceAll('\n', '\r\n');
    expect(problemsOf(text)).toEqual([
      '6:19 spec.upgrade.mode: expected one of Cut, LatestCheckpoint, Stateless, found the text "Never"',
    ]);
    expect(spotsOf(text)).toEqual(['Never']);
  });

  it('of a text over several lines is its first line', () => {
    expect(spotsOf(`${good}  mode: |\n    Batch\n    Streaming\n`)).toEqual(['|']);
    expect(spotsOf(`${good}  mode: "Batch\n    Streaming"\n`)).toEqual(['"Batch']);
  });

  it('follows the order of the file, not of the schema', () => {
    const text = `spec:\n  mode: x\n  job: {entry: 5}\nmetadata: {name: X}\nkind: StreamJob\napiVersion: millrace.dev/v1alpha1\n`;
    expect(problemsOf(text).map((problem) => problem.split(' ')[1])).toEqual([
      'spec.mode:',
      'spec.job.entry:',
      'metadata.name:',
    ]);
  });

  it('carries the file, what was expected, what was found, and the line', () => {
    const result = parseManifest(`${good}  parallelism: 0\n`, 'jobs/flights.yaml');
    expect(result.ok ? [] : result.problems).toEqual([
      {
        file: 'jobs/flights.yaml',
        line: 6,
        column: 16,
        length: 1,
        path: 'spec.parallelism',
        message: 'expected a whole number from 1 to 4096, found the number 0',
        expected: 'a whole number from 1 to 4096',
        found: 'the number 0',
        hint: undefined,
        source: '  parallelism: 0',
      },
    ]);
  });
});

describe('a file that holds no job', () => {
  it.each(['', '\n\n', '# nothing\n', '---\n---\n'])('is told so when it is empty: %j', (text) => {
    expect(problemsOf(text)).toEqual(['1:1 : expected a StreamJob, found an empty file']);
  });

  it('is told so when it holds other things', () => {
    const text = 'kind: ConfigMap\n---\nkind: Secret\nmetadata: {name: a}\n';
    expect(problemsOf(text)).toEqual(['1:1 : expected a StreamJob, found 2 documents of other kinds']);
    expect(read(text).others.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Secret']);
  });

  it('is told what its only document is', () => {
    expect(problemsOf('apiVersion: apps/v1\nkind: Deployment\n')).toEqual([
      '2:7 kind: expected StreamJob, found the text "Deployment"',
    ]);
    expect(problemsOf('just text')).toEqual([
      '1:1 : expected a mapping with apiVersion, kind, metadata, spec, found the text "just text"',
    ]);
    expect(problemsOf('- a\n- b\n')).toEqual([
      '1:1 : expected a mapping with apiVersion, kind, metadata, spec, found a list',
    ]);
  });

  it('is told to be split when it holds two', () => {
    expect(problemsOf(`${good}---\n${good}`)).toEqual([
      '7:1 : expected one StreamJob a file, found 2 of them',
    ]);
  });

  it('is told its size when it is too large', () => {
    const result = read(`${good}# ${'x'.repeat(2 ** 20)}`);
    expect(result.ok ? '' : formatProblems(result.problems)).toBe(
      'job.yaml:1:1: expected a file of at most 1 MiB, found 1.0 MiB\n      hint: Give the file of the job, not one of its data.\n\n1 problem in job.yaml',
    );
    expect(read(`${good}# ${'x'.repeat(2 ** 20 - 200)}`).ok).toBe(true);
  });
});

describe('a file with several mistakes', () => {
  it('is told of fields that stand twice together with all others', () => {
    expect(problemsOf(`${good}  mode: Batch\n  mode: Sometimes\n  parallelism: 0\n`)).toEqual([
      '7:3 spec.mode: expected each field once, found mode a second time',
      '8:16 spec.parallelism: expected a whole number from 1 to 4096, found the number 0',
    ]);
  });

  it('is told of syntax errors alone, since the rest cannot be known', () => {
    const problems = problemsOf(`${good}  mode: @x\n  parallelism: 0\n`);
    expect(problems).toEqual(['6:9 : this is not YAML: Plain value cannot start with reserved character @']);
  });

  it('is told of syntax errors in other documents too, which would make kubectl refuse the file', () => {
    expect(problemsOf(`${good}---\na: @x\n`)).toHaveLength(1);
  });
});

describe('secrets in a wrong manifest', () => {
  it('are in no problem, wherever they stand', () => {
    const text = `${good}  args: {password: 12345678, db: {x: y}}
  env: [{name: DB, value: hunter2, bogus: 1}, {name: PIN, value: 87654321}]
  dbPassword: hunter2
  checkpoint: {store: {s3: {bucket: b, secretKey: hunter2, endpoint: "http://u:hunter2@h"}}}
`;
    const result = read(text);
    const shown = JSON.stringify(result) + (result.ok ? '' : formatProblems(result.problems));
    expect(result.ok ? 0 : result.problems.length).toBeGreaterThan(6);
    expect(shown).not.toMatch(/hunter2|12345678|87654321/);
  });

  it('are in no problem of a file that is not YAML', () => {
    const result = read(`${good}  args:\n    password: hunter2 {\n   token: "hunter2\n`);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});

describe('any text at all', () => {
  const mutated = fc
    .tuple(
      fc.nat(good.length),
      fc.nat(good.length),
      fc.string({ unit: fc.constantFrom(...'a1:-{}[]"\'&*!#|>%@ \n\t,?') }),
    )
    .map(([from, to, text]) => good.slice(0, Math.min(from, to)) + text + good.slice(Math.max(from, to)));

  it('gives a job or problems that lie inside of the file, and never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary' }), fc.json()), (text) => {
        const result = parseManifest(text, 'x.yaml');
        if (result.ok) return;
        expect(result.problems.length).toBeGreaterThan(0);
        const lines = text.split('\n');
        for (const { line, column, length, source } of result.problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
          expect(length).toBeGreaterThanOrEqual(1);
          expect(source.length).toBeLessThanOrEqual((lines[line - 1] ?? '').length);
        }
        expect(formatProblems(result.problems)).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });

  it('is read in time that grows with its length only', () => {
    const texts = [
      `${good}${Array.from({ length: 10_000 }, (_, index) => `  k${index}: 1`).join('\n')}`,
      `${good}  args:\n${Array.from({ length: 10_000 }, (_, index) => `    k${index}: 1`).join('\n')}`,
      `${good}  env:\n${'    - {name: A, value: x}\n'.repeat(5000)}`,
      `${good}  podTemplate: {volumes: [${'{name: a, emptyDir: {}},'.repeat(5000)}]}`,
      `${good}  mode: "${'x'.repeat(900_000)}"`,
    ];
    for (const text of texts) {
      const result = read(text);
      expect(result.ok ? '' : formatProblems(result.problems).length).toBeGreaterThan(10);
    }
  });
});
