import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Called, call, folderWith, start } from '../call-command.ts';

const manifest = (spec: string): string =>
  `apiVersion: millrace.dev/v1alpha1\nkind: StreamJob\nmetadata:\n  name: numbers\nspec:\n  job:\n    entry: job.mjs\n${spec}`;

const jobWith = (body: string): string => `import { collection } from 'millrace/connectors/collection';
import { print } from 'millrace/connectors/print';
export default (env, args) => {
${body}
};
`;

const run = (body: string, spec = '', ...words: readonly string[]): Promise<Called> =>
  call(folderWith({ 'job.mjs': jobWith(body), 'job.yaml': manifest(spec) }), 'run', 'job.yaml', ...words);

const counting = '  env.fromSource(collection([1, 2, 3])).sinkTo(print());';

describe('the log of a run', () => {
  it('is lines for a person on standard error', async () => {
    const { error } = await run(counting);
    expect(error).toMatch(/^\S+Z INFO {2}numbers finished after .*: 3 records read job=numbers\n$/);
  });

  it('is one JSON object a line for a collector', async () => {
    const { error } = await run(counting, '', '--log', 'json');
    const lines = error
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([expect.objectContaining({ level: 'info', job: 'numbers' })]);
  });

  it('is nothing when none is wanted, but an error is told', async () => {
    expect(await run(counting, '', '--log', 'none')).toEqual({ code: 0, out: '1\n2\n3\n', error: '' });
    const failed = await run("  throw new Error('no');", '', '--log', 'none');
    expect(failed.error).toMatch(/^error: The job's function failed: no\n/);
  });

  it('counts what all sources have read, and no record twice', async () => {
    const { error } = await run(
      '  env.fromSource(collection([1, 2])).union(env.fromSource(collection([3]))).keyBy((n) => n).map((n) => n).sinkTo(print());',
    );
    expect(error).toContain('3 records read');
  });

  it('counts over several slots as over one', async () => {
    const { error } = await run(counting, '', '-p', '2');
    expect(error).toContain(': 3 records read ');
  });
});

describe('what a manifest gives to a job', () => {
  it('is its arguments, its mode and its variables', async () => {
    const spec =
      '  mode: Batch\n  args:\n    day: monday\n  env:\n    - name: MILLRACE_TEST_REGION\n      value: north\n';
    const { out } = await run(
      '  env.fromSource(collection([args.day])).map((day) => day + " " + process.env.MILLRACE_TEST_REGION).sinkTo(print());',
      spec,
    );
    expect(out).toBe('monday north\n');
  });

  it('reaches every slot', async () => {
    const spec = '  parallelism: 2\n  env:\n    - name: MILLRACE_TEST_REGION\n      value: north\n';
    const { out } = await run(
      '  env.fromSource(collection([1, 2])).map(() => process.env.MILLRACE_TEST_REGION).sinkTo(print());',
      spec,
    );
    expect(out.trimEnd().split('\n').sort()).toEqual(['0> north', '1> north']);
  });
});

describe('dead letters', () => {
  const refusing =
    "  env.fromSource(collection([1, 2, 3, 4])).map((n) => { if (n % 2 === 0) throw new Error('even'); return n; }).name('odd').sinkTo(print({ prefix: '' }));";

  it.each(['1', '2'])('are all in one file, and counted (%s slots)', async (slots) => {
    const spec = '  deadLetter:\n    policy: DeadLetter\n    path: dead\n';
    const folder = folderWith({ 'job.mjs': jobWith(refusing), 'job.yaml': manifest(spec) });
    const { code, error } = await call(folder, 'run', 'job.yaml', '-p', slots);
    expect(code).toBe(0);
    expect(error).toContain('4 records read, 2 dead letters');
    const letters = readFileSync(join(folder, 'dead/numbers.ndjson'), 'utf8').trimEnd().split('\n');
    expect(letters.map((line) => (JSON.parse(line) as { record: number }).record).sort()).toEqual([2, 4]);
  });

  it('are only counted when records are dropped', async () => {
    const { code, error } = await run(refusing, '  deadLetter:\n    policy: Drop\n');
    expect(code).toBe(0);
    expect(error).toContain('2 dead letters');
  });

  it('fail the job when they cannot be written, instead of being lost', async () => {
    const spec = '  deadLetter:\n    policy: DeadLetter\n    path: job.mjs\n';
    const { code, error } = await run(refusing, spec);
    expect(code).toBe(1);
    expect(error).toMatch(/error: A dead letter cannot be written: /);
    expect(error).toContain('job.mjs/numbers.ndjson');
  });
});

describe('a run that fails and begins again', () => {
  const failing = "  env.fromSource(collection([1])).map(() => { throw new Error('bad'); }).sinkTo(print());";

  it('says of each attempt why it failed, and at last why the job did', async () => {
    const spec =
      '  restart:\n    strategy: FixedDelay\n    fixedDelay:\n      attempts: 1\n      delay: 1ms\n';
    const { code, error } = await run(failing, spec);
    expect(code).toBe(1);
    expect(error).toMatch(/WARN +Attempt 1 failed, next in 1 ms: .*bad/);
    expect(error.match(/^error: /gm)).toHaveLength(1);
    expect(error).toContain('numbers failed after');
  });

  it('can be stopped while it waits', async () => {
    const spec =
      '  restart:\n    strategy: FixedDelay\n    fixedDelay:\n      attempts: 9\n      delay: 1h\n';
    const folder = folderWith({ 'job.mjs': jobWith(failing), 'job.yaml': manifest(spec) });
    const running = start(folder, 'run', 'job.yaml');
    await running.seen('Attempt 1 failed');
    running.signal('SIGINT');
    const { code, error } = await running.ended;
    expect(code).toBe(0);
    expect(error).toContain('numbers stopped after');
  });
});

describe('collecting over several slots', () => {
  it('is warned of, since nobody sees what threads collect', async () => {
    const body = '  env.fromSource(collection([1])).sinkTo(collect(new Collected())).name("seen");';
    const job = `import { Collected, collect } from 'millrace/connectors/collect';\n${jobWith(body)}`;
    const folder = folderWith({ 'job.mjs': job });
    expect((await call(folder, 'run', 'job.mjs', '-p', '2')).error).toMatch(
      /WARN +collect keeps records .*“seen”/,
    );
    expect((await call(folder, 'run', 'job.mjs')).error).not.toContain('WARN');
  });
});
