import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { call, folderWith } from './call-command.ts';
import { FakeIo } from './fake-io.ts';

const manifest = (spec: string): string => `apiVersion: millrace.dev/v1alpha1
kind: StreamJob
metadata:
  name: numbers
spec:
${spec}`;

const job = `import { collection } from 'millrace/connectors/collection';
import { print } from 'millrace/connectors/print';
export default (env, args) => {
  env.fromSource(collection([1, 2, 3]))
    .map((value) => {
      if (String(value) === args.refuse) throw new Error('refused');
      return value * Number(args.factor ?? 1);
    })
    .name('multiply')
    .sinkTo(print());
};
`;

const files = {
  'job.mjs': job,
  'job.yaml': manifest('  job:\n    entry: job.mjs\n  args:\n    factor: "10"\n'),
};

/** Calls a command that runs no job, in this process. */
const told = async (...words: readonly string[]) => {
  const io = new FakeIo();
  const code = await main(words, io);
  return { code, out: io.printed, error: io.complained };
};

const commands = [
  'run',
  'validate',
  'graph',
  'status',
  'savepoint',
  'stop',
  'cancel',
  'rescale',
  'new',
  'completion',
];

describe('millrace', () => {
  it('shows its commands, examples and exit codes', async () => {
    const { code, out, error } = await told('--help');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    for (const word of [...commands, 'Examples:', 'Exit codes:']) expect(out).toContain(word);
    for (const exit of [
      /^ {2}0 +done/m,
      /^ {2}1 +the job failed/m,
      /^ {2}2 +the call/m,
      /^ {2}130 +cancelled/m,
    ]) {
      expect(out).toMatch(exit);
    }
  });

  it('shows the same when it is asked by a word', async () => {
    expect((await told('help')).out).toBe((await told('--help')).out);
    expect((await told('help', 'run')).out).toBe((await told('run', '--help')).out);
  });

  it('shows its version', async () => {
    for (const word of ['--version', '-V'])
      expect(await told(word)).toEqual({ code: 0, out: '0.1.0\n', error: '' });
  });

  it.each(commands)('shows what %s takes, with examples', async (command) => {
    const { code, out } = await told(command, '--help');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: millrace ${command}`));
    expect(out).toMatch(/\nExamples:\n {2}(?:source <\()?millrace /);
  });

  it('shows how to use it when it is called with nothing, which is no success', async () => {
    const { code, error } = await told();
    expect(code).toBe(2);
    expect(error).toContain('Usage: millrace');
  });

  it.each([
    [['rum'], "unknown command 'rum'", '(millrace --help shows the commands)'],
    [['run', '--bogus'], "unknown option '--bogus'", '(millrace run --help shows what it takes)'],
    [['run'], "missing required argument 'job'", '(millrace run --help shows what it takes)'],
    [['run', 'a.ts', 'b.ts'], 'too many arguments', '(millrace run --help shows what it takes)'],
    [['run', 'a.ts', '--log', 'xml'], 'Allowed choices are text, json, none', '(millrace run --help'],
    [['new'], "missing required argument 'name'", '(millrace new --help shows what it takes)'],
  ])('refuses a call that is wrong, and says where the help is: %j', async (words, problem, help) => {
    const { code, out, error } = await told(...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(problem);
    expect(error).toContain(help);
  });

  it('guesses what was meant', async () => {
    expect((await told('rn')).error).toContain('Did you mean run?');
    expect((await told('run', 'a.ts', '--paralelism', '2')).error).toContain('Did you mean --parallelism?');
  });
});

describe('millrace run', () => {
  it('runs what a manifest names, with its arguments', async () => {
    const { code, out, error } = await call(folderWith(files), 'run', 'job.yaml');
    expect(error).toContain('numbers finished');
    expect({ code, out }).toEqual({ code: 0, out: '10\n20\n30\n' });
  });

  it('lets an argument of the command line win', async () => {
    expect((await call(folderWith(files), 'run', 'job.yaml', '-a', 'factor=2')).out).toBe('2\n4\n6\n');
  });

  it('runs a bare file', async () => {
    expect((await call(folderWith(files), 'run', 'job.mjs')).out).toBe('1\n2\n3\n');
  });

  it('shows the transform, the line and the record of a function that throws', async () => {
    const folder = folderWith(files);
    const { code, error } = await call(folder, 'run', 'job.yaml', '-a', 'refuse=2');
    expect(code).toBe(1);
    expect(error).toContain('error: The transform “multiply” failed on a record: refused');
    expect(error).toMatch(/record +2\n/);
    expect(error).toMatch(/what now +Fix the function/);
  });

  it('says what a local run does not do although the manifest says it', async () => {
    const spec =
      '  job:\n    entry: job.mjs\n    code:\n      image: registry.example/numbers:1\n  checkpoint:\n    store:\n      directory: snapshots\n  state: Suspended\n  restore:\n    id: a\n    lastGood: true\n  savepoints:\n    schedule: "@daily"\n';
    const { code, error } = await call(
      folderWith({ ...files, 'job.yaml': manifest(spec) }),
      'run',
      'job.yaml',
    );
    expect(error).toContain('spec.job.code is ignored');
    expect(error).toContain('spec.state is ignored');
    expect(error).toContain('spec.restore is ignored');
    expect(error).toContain('spec.savepoints.schedule is ignored');
    expect(code).toBe(0);
  });

  it('writes dead letters beside the manifest and goes on', async () => {
    const spec =
      '  job:\n    entry: job.mjs\n  args:\n    refuse: "2"\n  deadLetter:\n    policy: DeadLetter\n    path: dead\n';
    const folder = folderWith({ ...files, 'job.yaml': manifest(spec) });
    const { code, out } = await call(folder, 'run', 'job.yaml');
    expect({ code, out }).toEqual({ code: 0, out: '1\n3\n' });
    const letter = JSON.parse(readFileSync(join(folder, 'dead', 'numbers.ndjson'), 'utf8')) as unknown;
    expect(letter).toMatchObject({ transform: 'multiply', reason: 'refused', record: 2 });
  });

  it('refuses what is neither a manifest nor code', async () => {
    const { code, error } = await call(folderWith({ 'job.txt': '' }), 'run', 'job.txt');
    expect(code).toBe(2);
    expect(error).toContain('job.txt is neither a manifest nor a job');
  });

  it('refuses a manifest that is not there, and an entry that is not there', async () => {
    const missing = await call(folderWith(), 'run', 'job.yaml');
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.error).toContain('error: The manifest ');
    const entry = await call(folderWith({ 'job.yaml': files['job.yaml'] }), 'run', 'job.yaml');
    expect(entry.code).toBe(2);
    expect(entry.error).toContain("The job's entry file does not exist");
  });

  it('refuses a parallelism that is none, and an argument without a value', async () => {
    expect((await call(folderWith(files), 'run', 'job.yaml', '-p', 'many')).error).toContain('whole number');
    expect((await call(folderWith(files), 'run', 'job.yaml', '-a', 'factor')).error).toContain('name=value');
  });
});

describe('millrace validate', () => {
  it('says that a job is valid', async () => {
    expect(await call(folderWith(files), 'validate', 'job.yaml')).toMatchObject({
      code: 0,
      out: 'job.yaml is valid: 1 task, 1 slot\n',
    });
  });

  it('shows every problem of a manifest with its line and a suggestion', async () => {
    const spec = '  job:\n    entry: job.mjs\n  paralelism: 2\n  mode: Stream\n';
    const { code, error } = await call(
      folderWith({ ...files, 'job.yaml': manifest(spec) }),
      'validate',
      'job.yaml',
    );
    expect(code).toBe(2);
    expect(error).toContain('job.yaml:8');
    expect(error).toContain('Did you mean parallelism?');
    expect(error).toContain('job.yaml:9');
    expect(error).toContain('2 problems in job.yaml');
  });

  it('refuses SQL by name', async () => {
    const folder = folderWith({ ...files, 'job.yaml': manifest('  job:\n    sql: SELECT 1\n') });
    const { code, error } = await call(folder, 'validate', 'job.yaml');
    expect(code).toBe(2);
    expect(error).toContain('sql');
  });

  it('shows file and line of code that cannot be bundled', async () => {
    const folder = folderWith({ 'job.ts': 'export default (env) => {\n  env.;\n};\n' });
    const { code, error } = await call(folder, 'validate', 'job.ts');
    expect(code).toBe(2);
    expect(error).toContain('job.ts:2:');
  });

  it('refuses a module without a job', async () => {
    const { code, error } = await call(
      folderWith({ 'job.mjs': 'export const job = 1;' }),
      'validate',
      'job.mjs',
    );
    expect(code).toBe(2);
    expect(error).toContain('no default export that is a function');
  });
});

describe('millrace graph', () => {
  it('draws text, a Mermaid diagram and JSON', async () => {
    const folder = folderWith(files);
    expect((await call(folder, 'graph', 'job.yaml')).out).toContain('1 task in 1 slot');
    expect((await call(folder, 'graph', 'job.yaml', '-o', 'mermaid')).out).toMatch(/^(flowchart|graph) /);
    const json = JSON.parse((await call(folder, 'graph', 'job.yaml', '-o', 'json')).out) as { slots: number };
    expect(json.slots).toBe(1);
  });
});

describe('millrace new', () => {
  it('makes a project whose job runs', async () => {
    const folder = folderWith();
    expect((await call(folder, 'new', 'shop')).out).toContain('cd shop');
    const { code, out } = await call(join(folder, 'shop'), 'run', 'job.yaml');
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(3);
  });

  it('refuses a folder that has something in it, and a name that Kubernetes would not take', async () => {
    const folder = folderWith();
    await call(folder, 'new', 'shop');
    expect((await call(folder, 'new', 'shop')).error).toContain('There is already something at shop');
    expect(await call(folder, 'new', 'My Shop')).toMatchObject({ code: 2 });
  });
});

describe('millrace completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script for %s that knows the commands', async (shell) => {
    const { code, out } = await call(folderWith(), 'completion', shell);
    expect(code).toBe(0);
    for (const word of ['run', 'validate', 'parallelism']) expect(out).toContain(word);
  });
});
