import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type FinishedModule, lackingTools, totalsOf } from './closing-line.ts';

const finished = (states: readonly string[], errors: readonly unknown[] = []): FinishedModule => ({
  errors: () => errors,
  children: {
    allTests: () => states.map((state) => ({ fullName: 'a suite > a test', result: () => ({ state }) })),
  },
});

describe('the totals of a run', () => {
  it('count passed and failed tests over all files', () => {
    expect(totalsOf([finished(['passed', 'failed']), finished(['passed'])], [])).toEqual({
      passed: 2,
      failed: 1,
      skipped: 0,
    });
  });

  it('count skipped tests apart, and leave pending ones out', () => {
    expect(totalsOf([finished(['passed', 'skipped', 'pending'])], [])).toEqual({
      passed: 1,
      failed: 0,
      skipped: 1,
    });
  });

  it('count a file that could not be loaded as a failed test', () => {
    expect(totalsOf([finished([], [new Error('no such import')])], [])).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
    });
  });

  it('count an error outside of any test as a failed test', () => {
    expect(totalsOf([finished(['passed'])], [new Error('unhandled')])).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });

  it('call a run without any test failed', () => {
    expect(totalsOf([], [])).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

it('names once what was skipped for want of a tool, with the command that gets it', () => {
  const test = (fullName: string, state: string) => ({ fullName, result: () => ({ state }) });
  const tests = [
    test('MinIO (npm run minio:build gets it) > keeps', 'skipped'),
    test('MinIO (npm run minio:build gets it) > lists', 'skipped'),
    test('Kafka (a command gets it) > sends', 'passed'),
    test('another > is skipped', 'skipped'),
  ];
  expect(lackingTools([{ errors: () => [], children: { allTests: () => tests } }])).toEqual([
    'MinIO (npm run minio:build gets it)',
  ]);
});

describe('the closing line of a real run', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  const run = (test: string): Promise<{ code: number; lines: string[] }> => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-closing-'));
    folders.push(folder);
    const reporter = resolve(import.meta.dirname, 'closing-line.ts');
    const imports = `import { ClosingLineReporter } from ${JSON.stringify(reporter)};\n`;
    const config =
      "export default { test: { include: ['*.check.ts'], globals: true, reporters: ['default', new ClosingLineReporter()] } };\n";
    writeFileSync(join(folder, 'vitest.config.ts'), imports + config);
    writeFileSync(join(folder, 'one.check.ts'), test);
    const command = resolve(import.meta.dirname, '../../../node_modules/vitest/vitest.mjs');
    return new Promise((done) => {
      execFile(process.execPath, [command, 'run', '--root', folder], (error, output) =>
        done({ code: error === null ? 0 : Number(error.code), lines: output.trimEnd().split('\n') }),
      );
    });
  };

  it('stands alone and last when all tests pass', async () => {
    const { code, lines } = await run("it('adds', () => expect(1 + 1).toBe(2));");
    expect(lines.at(-1)).toBe('1 passed, 0 failed');
    expect(code).toBe(0);
  });

  it('tells how many tests were skipped', async () => {
    const { lines } = await run(
      "it('adds', () => {}); describe.skipIf(true)('X (y gets it)', () => it('a', () => {}));",
    );
    expect(lines.slice(-2)).toEqual(['skipped: X (y gets it)', '1 passed, 0 failed, 1 skipped']);
  });

  it('stands alone and last when a test fails', async () => {
    const { code, lines } = await run("it('adds', () => expect(1).toBe(2)); it('stands', () => {});");
    expect(lines.at(-1)).toBe('1 passed, 1 failed');
    expect(code).toBe(1);
  });
});
