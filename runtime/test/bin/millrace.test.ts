import { describe, expect, it } from 'vitest';
import { call, callByShell, folderWith, start } from '../cli/call-command.ts';

const imports = `import { collection } from 'millrace/connectors/collection';
import { generator } from 'millrace/connectors/generator';
import { print } from 'millrace/connectors/print';
`;

/** A job's file: its steps between a source and a sink. */
const jobWith = (body: string): string => `${imports}export default (env, args) => {\n${body}\n};\n`;

const numbers = jobWith('  env.fromSource(collection([1, 2, 3])).sinkTo(print());');
const many = jobWith(
  "  env.fromSource(generator({ generate: (n) => 'record ' + n, count: 200_000 })).sinkTo(print());",
);
const ticks = jobWith(
  "  env.fromSource(generator({ generate: (n) => 'tick ' + n, recordsPerSecond: 50 })).sinkTo(print());",
);
const hanging = jobWith(`  env.fromSource(collection([1, 2]))
    .mapAsync((n) => { console.log('called'); return new Promise(() => {}); }, { capacity: 2, timeout: '1h' })
    .sinkTo(print());`);
const slots = [['1'], ['2']] as const;

describe('the program', () => {
  it('ends although the job has left a timer and a promise open', async () => {
    const job = jobWith(
      '  setInterval(() => {}, 1000);\n  void new Promise(() => {});\n  env.fromSource(collection([1])).sinkTo(print());',
    );
    expect(await call(folderWith({ 'job.ts': job }), 'run', 'job.ts')).toMatchObject({ code: 0, out: '1\n' });
  });

  it('writes all that was printed before it ends, more than a pipe holds', async () => {
    const line = 'millrace run many.ts --log none | wc -l';
    const { out } = await callByShell(folderWith({ 'many.ts': many }), line);
    expect(Number(out)).toBe(200_000);
  });

  it('keeps results and log apart', async () => {
    const { out, error } = await call(folderWith({ 'job.ts': numbers }), 'run', 'job.ts');
    expect(out).toBe('1\n2\n3\n');
    expect(error).toMatch(/INFO +job finished after .*: 3 records read/);
  });

  it("shows the author's own line and column, although a bundle runs", async () => {
    const job = `import { print } from 'millrace/connectors/print';
import { collection } from 'millrace/connectors/collection';
import type { StreamEnvironment } from 'millrace';

interface Unused { readonly a: number }

export default (env: StreamEnvironment): void => {
  env.fromSource(collection<number>([1])).map((n: number): number => {
    throw new Error('boom');
  }).sinkTo(print());
};
`;
    const folder = folderWith({ 'job.ts': job });
    const { error } = await call(folder, 'run', 'job.ts');
    expect(error).toContain(`${folder}/job.ts:9:11\n`);
  });
});

describe('output that nobody reads to its end', () => {
  it.each(slots)('ends the job without a complaint, as cancelled (%s slots)', async (slot) => {
    const line = `millrace run many.ts --log none -p ${slot} | head -1; echo "\${PIPESTATUS[0]}"`;
    const { out, error } = await callByShell(folderWith({ 'many.ts': many }), line);
    expect(out).toMatch(/^(?:0> )?record 0\n130\n$|^1> record \d+\n130\n$/);
    expect(error).toBe('');
  });

  it('ends other commands quietly as well', async () => {
    const { error } = await callByShell(folderWith(), 'millrace --help | true');
    expect(error).toBe('');
  });

  it('is no matter when it is the log', async () => {
    const { code, out } = await callByShell(folderWith({ 'job.ts': numbers }), 'millrace run job.ts 2>&-');
    expect({ code, out }).toEqual({ code: 0, out: '1\n2\n3\n' });
  });
});

describe('output that cannot be written', () => {
  const complaint = /error: Standard output cannot be written: ENOSPC: .*\n {2}what now {2}Make room where/g;

  it.each(slots)('fails the job with one sentence and advice (%s slots)', async (slot) => {
    const line = `millrace run many.ts -p ${slot} > /dev/full`;
    const { code, error } = await callByShell(folderWith({ 'many.ts': many }), line);
    expect(code).toBe(1);
    expect(error.match(complaint)).toHaveLength(1);
    expect(error).toContain('many failed after');
    expect(error).not.toMatch(/^ {4}at /m);
  });

  it('fails other commands as well', async () => {
    const { code, error } = await callByShell(folderWith(), 'millrace --help > /dev/full');
    expect(code).toBe(1);
    expect(error.match(complaint)).toHaveLength(1);
  });
});

describe('what a job throws outside of any call', () => {
  const later = (what: string): string =>
    jobWith(`  const bad = () => { ${what} };
  env.fromSource(collection([1, 2]))
    .map((n) => { setTimeout(bad, 1); return n; })
    .mapAsync(() => new Promise(() => {}), { capacity: 2, timeout: '1h' })
    .sinkTo(print());`);

  it.each([
    ['a timer throws', "throw new Error('late');", '1'],
    ['a promise is rejected and nobody looks', "void Promise.reject(new Error('late'));", '1'],
    ['a timer throws in a thread of a slot', "throw new Error('late');", '2'],
  ])('fails the job: %s', async (_how, what, parallelism) => {
    const folder = folderWith({ 'job.ts': later(what) });
    const { code, error } = await call(folder, 'run', 'job.ts', '-p', parallelism);
    expect(code).toBe(1);
    expect(error).toContain('late');
    expect(error).toContain('what now');
    expect(error).not.toMatch(/^ {4}at /m);
  });
});

describe('Ctrl-C', () => {
  it.each(slots)('stops the job after the records in hand (%s slots)', async (slot) => {
    const running = start(folderWith({ 'ticks.ts': ticks }), 'run', 'ticks.ts', '-p', slot);
    await running.seen('tick 3');
    running.signal('SIGINT');
    const { code, error } = await running.ended;
    expect(code).toBe(0);
    expect(error).toContain('Stopping: records in flight finish; interrupt again to cancel');
    expect(error).toContain('ticks stopped after');
  });

  it('is the same as SIGTERM', async () => {
    const running = start(folderWith({ 'ticks.ts': ticks }), 'run', 'ticks.ts');
    await running.seen('tick 3');
    running.signal('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  it.each(slots)('cancels a job that does not end when it is pressed again (%s slots)', async (slot) => {
    const running = start(folderWith({ 'hanging.ts': hanging }), 'run', 'hanging.ts', '-p', slot);
    await running.seen('called');
    running.signal('SIGINT');
    await running.seen('Stopping');
    running.signal('SIGINT');
    const { code, error } = await running.ended;
    expect(code).toBe(130);
    expect(error).toMatch(/Stopping: .*Cancelling: .*hanging cancelled after/s);
  });

  it('ends a command that runs no job at once', async () => {
    const job = `await new Promise((resolve) => { console.log('loading'); setTimeout(resolve, 60_000); });\n${numbers}`;
    const running = start(folderWith({ 'job.ts': job }), 'validate', 'job.ts');
    await running.seen('loading');
    running.signal('SIGINT');
    expect((await running.ended).code).not.toBe(0);
  });
});
