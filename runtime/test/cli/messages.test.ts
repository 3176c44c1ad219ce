import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Called, call, folderWith } from './call-command.ts';

const imports = `import { collection } from 'millrace/connectors/collection';
import { fileSink, files } from 'millrace/connectors/files';
import { generator } from 'millrace/connectors/generator';
import { httpIngest } from 'millrace/connectors/http';
import { print } from 'millrace/connectors/print';
import { serverSentEvents } from 'millrace/connectors/sse';
`;

/** A job whose function has this body, in one line, which is line 7 of the file. */
const jobWith = (body: string): string => `${imports}export default (env, args) => { ${body} };\n`;

const run = async (files: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Called> =>
  call(folderWith(files), 'run', ...words);

/** What any complaint must be: one sentence first, then places and what to do, and no line of our own code. */
const expectComplaint = ({ error }: Called, sentence: RegExp | string, advice: RegExp | string): void => {
  const lines = error.slice(error.indexOf('error: ')).trimEnd().split('\n');
  expect(lines[0]).toMatch(/^error: \S/);
  if (typeof sentence === 'string') expect(lines[0]).toBe(`error: ${sentence}`);
  else expect(lines[0]).toMatch(sentence);
  expect(lines.find((line) => line.startsWith('  what now'))?.slice('  what now  '.length)).toMatch(advice);
  expect(error.match(/^error: /gm)).toHaveLength(1);
  expect(error).not.toMatch(/^ {4}at /m);
  expect(error).not.toContain('runtime/src/');
  expect(error).not.toContain('node_modules');
};

describe('a job that cannot start', () => {
  it.each([
    [
      'throws while it is built',
      jobWith("throw new TypeError('no region given');"),
      "The job's function failed: no region given",
      /job\.ts:7:\d+\n/,
      'Correct the function',
    ],
    [
      'throws a text',
      jobWith("throw 'a text';"),
      "The job's function failed: a text",
      /file +\/.*job\.ts\n/,
      'Correct the function',
    ],
    [
      'throws while it is loaded',
      `${imports}JSON.parse('{bad');\nexport default () => {};\n`,
      /module failed while loading: .* in JSON at position 1/,
      /job\.ts:7:6\n/,
      'Correct what the module does',
    ],
    [
      'is asynchronous',
      `export default async (env) => {};\n`,
      "The job's function returned a promise.",
      /file +\/.*job\.ts\n/,
      'top-level await',
    ],
    [
      'exports nothing',
      `export const job = () => {};\n`,
      'The job has no default export that is a function.',
      /file +\/.*job\.ts\n/,
      'export default',
    ],
    [
      'describes nothing',
      `export default () => {};\n`,
      'The job has no source and no sink.',
      /file +\/.*job\.ts\n/,
      'Begin with env.fromSource',
    ],
    [
      'imports what is not there',
      `import x from 'not-installed';\nexport default () => x;\n`,
      /cannot be bundled: job\.ts:1:15: Could not resolve "not-installed"/,
      /file +\/.*job\.ts\n/,
      'packages it imports must be installed',
    ],
    [
      'imports a part of Millrace that is not there',
      `import 'millrace/connectors/nope';\nexport default () => {};\n`,
      'There is no millrace/connectors/nope in this version of Millrace.',
      /file +\/.*job\.ts\n/,
      'look at the spelling',
    ],
    [
      'imports a name that is not there',
      `import { prynt } from 'millrace/connectors/print';\nexport default () => prynt;\n`,
      /does not provide an export named 'prynt'/,
      /file +\/.*job\.ts\n/,
      'Correct what the module does or imports',
    ],
    [
      'gives an option that is wrong',
      jobWith("env.fromSource(files({ path: 'a', format: 'xml' })).sinkTo(print());"),
      /^error: The options of files\(\) are wrong: format: /,
      /job\.ts:7:\d+\n/,
      'Correct the options',
    ],
  ])('because it %s', async (_why, text, sentence, place, advice) => {
    const called = await run({ 'job.ts': text }, 'job.ts');
    expect(called).toMatchObject({ code: 2, out: '' });
    expectComplaint(called, sentence, advice);
    expect(called.error).toMatch(place);
  });

  it('because its manifest cannot be read', async () => {
    const folder = folderWith();
    mkdirSync(join(folder, 'folder.yaml'));
    symlinkSync('loop.yaml', join(folder, 'loop.yaml'));
    symlinkSync('loop.ts', join(folder, 'loop.ts'));
    mkdirSync(join(folder, 'folder.ts'));
    for (const path of ['folder.yaml', 'folder.ts', 'loop.yaml', 'loop.ts']) {
      const called = await call(folder, 'run', path);
      expect(called.code).toBe(2);
      expectComplaint(called, /cannot be read: |is a folder|^error: ELOOP/, /./);
    }
  });

  it('because a variable is missing that a cluster would give it', async () => {
    const manifest = `apiVersion: millrace.dev/v1alpha1
kind: StreamJob
metadata: { name: numbers }
spec:
  job: { entry: job.ts }
  env:
    - name: MILLRACE_TEST_KEY
      valueFrom: { secretKeyRef: { name: keys, key: a } }
`;
    const called = await run({ 'job.yaml': manifest, 'job.ts': jobWith('') }, 'job.yaml');
    expect(called.code).toBe(2);
    expectComplaint(called, /The variable MILLRACE_TEST_KEY is not set/, 'MILLRACE_TEST_KEY=… millrace run');
  });
});

const slots = ['1', '2'] as const;

/** Runs a job that must fail while it runs. */
const failing = async (
  parallelism: string,
  body: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Called> => {
  const called = await run({ 'job.ts': jobWith(body), ...more }, 'job.ts', '-p', parallelism);
  expect(called.code).toBe(1);
  expect(called.error).toMatch(/INFO +job failed after /);
  return called;
};

describe.each(slots)('a job that fails by its own code (%s slots)', (parallelism) => {
  it('because a function throws: transform, line, record and what to do', async () => {
    const body =
      "env.fromSource(collection([1, 2])).map((n) => { if (n === 2) throw new Error('two'); return n; }).name('picky').sinkTo(print());";
    const called = await failing(parallelism, body);
    expectComplaint(called, 'The transform “picky” failed on a record: two', 'Fix the function');
    expect(called.error).toMatch(/transform picky\n {2}at +\/.*job\.ts:7:\d+\n {2}record +2\n/);
  });

  it('because a map returns a promise', async () => {
    const called = await failing(
      parallelism,
      "env.fromSource(collection([1])).map(async (n) => n).name('later').sinkTo(print());",
    );
    expectComplaint(called, /“later” failed on a record: The map function returned a promise/, 'mapAsync');
  });

  it('because a service cannot be reached: the cause as well', async () => {
    const body =
      "env.fromSource(collection([1])).mapAsync(() => fetch('http://127.0.0.1:1/'), { capacity: 1, timeout: '9s' }).name('call').sinkTo(print());";
    const called = await failing(parallelism, body);
    expectComplaint(called, /“call” failed on a record: fetch failed: \S/, 'Fix the function');
  });

  it.each(['open', 'close'])('because %s throws', async (method) => {
    const body = `env.fromSource(collection([1])).map({ ${method}: async () => { throw new Error('broken'); }, map: (n) => n }).name('steady').sinkTo(print());`;
    const called = await failing(parallelism, body);
    expectComplaint(
      called,
      `“${method}” of the transform “steady” failed: broken`,
      `Correct the function's ${method}`,
    );
    expect(called.error).toMatch(/at +\/.*job\.ts:7:\d+\n/);
  });

  it('because a value is none that a record can be', async () => {
    const called = await failing(
      parallelism,
      "env.fromSource(collection([1])).map(() => /x/).name('odd').sinkTo(print());",
    );
    expectComplaint(
      called,
      /“odd” failed on a record: .*instance of RegExp, which no record may hold/,
      'plain object',
    );
  });
});

describe.each(slots)('a job that fails by what is around it (%s slots)', (parallelism) => {
  it('because a glob matches nothing, or a file is not there or is none', async () => {
    const read = (path: string) =>
      failing(parallelism, `env.fromSource(files({ path: '${path}', format: 'ndjson' })).sinkTo(print());`);
    expectComplaint(await read('data/*.ndjson'), /No file matches data\/\*\.ndjson/, 'Check the path');
    expectComplaint(await read('gone.ndjson'), /The file \/.*gone\.ndjson does not exist/, 'Check the path');
    expectComplaint(await read('.'), /is a directory, not a file/, 'Use a glob');
  });

  it('because a line is no JSON: file and line of the input', async () => {
    const body = "env.fromSource(files({ path: 'in.ndjson', format: 'ndjson' })).name('in').sinkTo(print());";
    const called = await failing(parallelism, body, { 'in.ndjson': '{"a":1}\n{"a":\n' });
    expectComplaint(called, /“in” failed on a record: it is not valid JSON/, 'Correct the input');
    expect(called.error).toMatch(/at +\/.*in\.ndjson:2\n/);
  });

  it('because its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const sink = `env.fromSource(generator({ generate: (n) => n, recordsPerSecond: 1 })).sinkTo(serverSentEvents({ port: ${port} })).setParallelism(1);`;
    expectComplaint(
      await failing(parallelism, sink),
      new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: .*in use`),
      'Give another port',
    );
    const source = `env.fromSource(httpIngest({ port: ${port} })).setParallelism(1).sinkTo(print());`;
    expectComplaint(
      await failing(parallelism, source),
      new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: .*in use`),
      'Give another port',
    );
  });

  it('because a file cannot be written', async () => {
    const body =
      "env.fromSource(collection([{ a: 1 }])).sinkTo(fileSink({ directory: 'taken', format: 'ndjson' })).name('out');";
    const called = await failing(parallelism, body, { taken: 'a file' });
    const sentence =
      /The sink “out” \(files\) failed to open: Cannot make the directory \/.*taken: something else is there/;
    expectComplaint(called, sentence, 'Choose another place');
  });
});

describe('a failure in a log for machines', () => {
  it('is one line of JSON with the sentence, the places and what to do', async () => {
    const body =
      "env.fromSource(collection([1])).map(() => { throw new Error('no'); }).name('picky').sinkTo(print());";
    const { code, error } = await run({ 'job.ts': jobWith(body) }, 'job.ts', '--log', 'json');
    expect(code).toBe(1);
    const lines = error
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'The job failed',
      error: {
        code: 'user-code',
        message: 'The transform “picky” failed on a record: no',
        where: { transform: 'picky', record: '1' },
      },
    });
  });

  it('also when the job cannot start', async () => {
    const { code, error } = await run({}, 'gone.ts', '--log', 'json');
    expect(code).toBe(2);
    expect(JSON.parse(error)).toMatchObject({
      level: 'error',
      message: 'The job cannot start',
      error: { message: 'gone.ts does not exist.' },
    });
  });
});
