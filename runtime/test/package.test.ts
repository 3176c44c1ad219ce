import { type ExecFileException, execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Slow (it builds, packs and installs): one package for all tests of this file.
const top = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'millrace-package-'));
const app = join(folder, 'app');

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

const toldByNpm =
  /^npm_(?:package|lifecycle|command|config_(?:local|global)_prefix)|^(?:NODE_OPTIONS|VITEST|INIT_CWD|PATH$)/;

/** The environment of a user: this Node is the one found first, and nothing is left of what npm told the script that runs the tests. */
const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !toldByNpm.test(name))),
  PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
};

const run = (program: string, parameters: readonly string[], directory: string): Promise<Ended> =>
  new Promise((done) => {
    const options = { cwd: directory, env: environment, maxBuffer: 1 << 26 };
    execFile(program, [...parameters], options, (error: ExecFileException | null, output, errors) =>
      done({ code: error === null ? 0 : Number(error.code ?? 1), output, errors }),
    );
  });

const jobText = `
import { type StreamEnvironment } from 'millrace';
import { collection } from 'millrace/connectors/collection';
import { print } from 'millrace/connectors/print';

export default (env: StreamEnvironment): void => {
  env
    .fromSource(collection(['to be', 'or not', 'to be']))
    .flatMap<string>((line, output) => { for (const word of line.split(' ')) output.emit(word); })
    .filter((word) => word.length === 2)
    .map((word) => word.toUpperCase())
    .sinkTo(print());
};
`;

interface PackedFile {
  readonly path: string;
}

describe('the package as it is published', () => {
  let files: string[] = [];

  beforeAll(async () => {
    const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], top);
    expect(packed.code, packed.errors).toBe(0);
    const [first] = JSON.parse(
      packed.output.slice(packed.output.indexOf('[\n'), packed.output.lastIndexOf(']') + 1),
    ) as {
      readonly filename: string;
      readonly files: readonly PackedFile[];
    }[];
    files = first?.files.map(({ path }) => path) ?? [];
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
    const parameters = [
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      join(folder, first?.filename ?? ''),
    ];
    const installed = await run('npm', parameters, app);
    expect(installed.code, installed.errors).toBe(0);
  }, 180_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds code and its declarations, and neither tests nor source maps', () => {
    expect(files).toContain('dist/runtime/src/index.js');
    expect(files).toContain('dist/runtime/src/index.d.ts');
    expect(files).toContain('dist/runtime/src/bin/millrace.js');
    expect(files.filter((path) => /\.map$|\/test\/|\/bench\/|\/examples\//.test(path))).toEqual([]);
  });

  it('holds every file that its exports name', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
    const { exports } = manifest as { exports: Record<string, { types?: string; default?: string }> };
    const named = Object.values(exports).flatMap(({ types, default: code }) =>
      [types ?? [], code ?? []].flat(),
    );
    const patterns = named.map((path) => path.slice(2).split('*'));
    for (const [before = '', after = ''] of patterns) {
      expect(
        files.some((path) => path.startsWith(before) && path.endsWith(after)),
        before + after,
      ).toBe(true);
    }
  });

  const printedBy = async (...options: string[]): Promise<string[]> => {
    writeFileSync(join(app, 'job.ts'), jobText);
    const ended = await run(join(app, 'node_modules/.bin/millrace'), ['run', 'job.ts', ...options], app);
    expect(ended.code, ended.errors).toBe(0);
    return ended.output.split('\n').flatMap((line) => /\b(?:TO|BE|OR)\b/.exec(line)?.[0] ?? []);
  };

  it('runs a job in an empty folder by its command', async () => {
    expect(await printedBy()).toEqual(['TO', 'BE', 'OR', 'TO', 'BE']);
  }, 60_000);

  it('runs it in threads of their own as well, which start from the built files', async () => {
    expect((await printedBy('-p', '2')).sort()).toEqual(['BE', 'BE', 'OR', 'TO', 'TO']);
  }, 60_000);

  it('gives a job its types', async () => {
    writeFileSync(join(app, 'job.ts'), jobText);
    const settings = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2024',
      skipLibCheck: false,
      types: [],
    };
    writeFileSync(
      join(app, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: settings, files: ['job.ts'] }),
    );
    const ended = await run(process.execPath, [join(top, 'node_modules/typescript/bin/tsc'), '-p', '.'], app);
    expect(ended.output).toBe('');
    writeFileSync(join(app, 'job.ts'), jobText.replace('word.toUpperCase()', 'word.toFixed()'));
    const wrong = await run(process.execPath, [join(top, 'node_modules/typescript/bin/tsc'), '-p', '.'], app);
    expect(wrong.output).toContain("'toFixed' does not exist on type 'string'");
  }, 60_000);
});
