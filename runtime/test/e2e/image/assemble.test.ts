import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assemble, isLeftOut } from '../../../image/assemble.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-assemble-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, content: unknown): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
};

const content = {
  entries: ['runtime/src/bin/*.js'],
  parts: 'runtime/src/parts',
  apart: ['a'],
  programs: { worker: 'runtime/src/bin/worker.js', absent: 'runtime/src/bin/absent.js' },
  commands: { 'millrace-worker': 'worker' },
};

const made = (path: string): string => readFileSync(join(root, 'out', path), 'utf8');

describe('what an image holds', () => {
  beforeEach(() => {
    write('package.json', {
      name: 'millrace',
      version: '1.2.3',
      type: 'module',
      devDependencies: { d: '1' },
    });
    write(
      'dist/runtime/src/bin/worker.js',
      "import { a } from 'a/sub';\nimport { word } from '../word.js';\nword(a);",
    );
    write('dist/runtime/src/bin/thread.js', "import { word } from '../word.js';\nword();");
    write('dist/runtime/src/bin/thread.js.map', '{}');
    write(
      'dist/runtime/src/word.js',
      "import e from 'e';\nexport const word = (at) => e('a word', at, import.meta.url);",
    );
    write('node_modules/a/package.json', { dependencies: { b: '1' }, optionalDependencies: { none: '1' } });
    write('node_modules/a/README.md', 'a');
    write('node_modules/a/node_modules/b/package.json', { dependencies: { c: '1', '@types/c': '1' } });
    write('node_modules/c/package.json', {});
    write('node_modules/d/package.json', {});
    write('node_modules/e/package.json', { main: 'e.js' });
    write(
      'node_modules/e/e.js',
      "const { inspect } = require('node:util');\nmodule.exports = (...all) => inspect(all);",
    );
  });

  it('is what is started, and once what several of them import, one folder beside', () => {
    assemble(root, content, join(root, 'out'));
    expect(readdirSync(join(root, 'out/dist/runtime/src/bin')).toSorted()).toEqual([
      'thread.js',
      'worker.js',
    ]);
    const [part = '', ...others] = readdirSync(join(root, 'out/dist/runtime/src/parts'));
    expect(others).toEqual([]);
    for (const program of ['worker', 'thread'])
      expect(made(`dist/runtime/src/bin/${program}.js`)).not.toContain('a word');
    expect(made(`dist/runtime/src/parts/${part}`)).toMatch(/inspect(.|\n)*a word/);
  });

  it('is the packages that stay as they are and what those need, near and far, and no others', () => {
    assemble(root, content, join(root, 'out'));
    expect(readdirSync(join(root, 'out/node_modules')).toSorted()).toEqual(['a', 'c']);
    expect(readdirSync(join(root, 'out/node_modules/a')).toSorted()).toEqual([
      'node_modules',
      'package.json',
    ]);
  });

  it('runs where nothing but Node is installed', () => {
    assemble(root, content, join(root, 'out'));
    const thread = join(root, 'out/dist/runtime/src/bin/thread.js');
    expect(() => execFileSync(process.execPath, [thread])).not.toThrow();
  });

  it('is started by modules of one line, one for each program that was built', () => {
    assemble(root, content, join(root, 'out'));
    expect(readdirSync(join(root, 'out/bin')).toSorted()).toEqual(['millrace-worker', 'worker.js']);
    expect(made('bin/worker.js')).toMatch(/import '..\/dist\/runtime\/src\/bin\/worker.js';/);
  });

  it('says which package is missing, and what gets it', () => {
    rmSync(join(root, 'node_modules/c'), { recursive: true });
    expect(() => assemble(root, content, join(root, 'out'))).toThrow(/c is not installed.*npm ci/);
  });
});

describe('what is left out of a package', () => {
  it.each(['README.md', 'index.d.ts', 'lib/a.js.map', 'test/a.js', '.eslintrc'])('is %s', (path) => {
    expect(isLeftOut('any', path)).toBe(true);
  });

  it('is native code for other machines', () => {
    expect(isLeftOut('classic-level', 'prebuilds/android-arm/classic-level.node')).toBe(true);
    expect(isLeftOut('classic-level', `prebuilds/${process.platform}-${process.arch}/a.node`)).toBe(false);
    expect(isLeftOut('classic-level', 'prebuilds')).toBe(false);
  });

  it('is nothing that runs', () => {
    expect(isLeftOut('any', 'lib/index.js')).toBe(false);
    expect(isLeftOut('any', 'package.json')).toBe(false);
    expect(isLeftOut('any', 'lib/data.json')).toBe(false);
  });
});
