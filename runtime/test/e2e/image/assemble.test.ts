import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assemble, isLeftOut, packagesIn } from '../../../image/assemble.ts';

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
  folders: ['runtime/src'],
  programs: { worker: 'runtime/src/worker.js', absent: 'runtime/src/absent.js' },
  commands: { 'millrace-worker': 'worker' },
};

describe('what an image holds', () => {
  beforeEach(() => {
    write('package.json', {
      name: 'millrace',
      version: '1.2.3',
      type: 'module',
      devDependencies: { d: '1' },
    });
    write('dist/runtime/src/worker.js', "import { a } from 'a/sub';\nimport './other.js';");
    write('dist/runtime/src/worker.js.map', '{}');
    write('node_modules/a/package.json', { dependencies: { b: '1' }, optionalDependencies: { none: '1' } });
    write('node_modules/a/README.md', 'a');
    write('node_modules/a/node_modules/b/package.json', { dependencies: { c: '1', '@types/c': '1' } });
    write('node_modules/c/package.json', {});
    write('node_modules/d/package.json', {});
  });

  it('is what was built, the packages that it needs, near and far, and no others', () => {
    assemble(root, content, join(root, 'out'));
    expect(readdirSync(join(root, 'out/dist/runtime/src'))).toEqual(['worker.js']);
    expect(readdirSync(join(root, 'out/node_modules')).toSorted()).toEqual(['a', 'c']);
    expect(readdirSync(join(root, 'out/node_modules/a')).toSorted()).toEqual([
      'node_modules',
      'package.json',
    ]);
  });

  it('is started by modules of one line, one for each program that was built', () => {
    assemble(root, content, join(root, 'out'));
    expect(readdirSync(join(root, 'out/bin')).toSorted()).toEqual(['millrace-worker', 'worker.js']);
    expect(readFileSync(join(root, 'out/bin/worker.js'), 'utf8')).toMatch(
      /import '..\/dist\/runtime\/src\/worker.js';/,
    );
  });

  it('says which package is missing, and what gets it', () => {
    rmSync(join(root, 'node_modules/c'), { recursive: true });
    expect(() => assemble(root, content, join(root, 'out'))).toThrow(/c is not installed.*npm ci/);
  });
});

describe('packages that modules import', () => {
  it('are found by static and dynamic imports, by their names alone', () => {
    const text = `import zod from 'zod';\nexport { a } from "@scope/name/deep.js";\nawait import('yaml');`;
    expect(packagesIn(text)).toEqual(new Set(['zod', '@scope/name', 'yaml']));
  });

  it('are not those of Node, of this package and of the same folder', () => {
    const text = `import 'node:fs';\nimport 'events';\nimport 'millrace/testing';\nimport './a.js';`;
    expect(packagesIn(text)).toEqual(new Set());
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
