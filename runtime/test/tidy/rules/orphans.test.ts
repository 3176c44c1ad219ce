import { describe, expect, it } from 'vitest';
import { findingsIn } from '../in-memory.ts';
import { noOrphans } from './orphans.ts';

const manifest = JSON.stringify({
  bin: { millrace: './dist/runtime/src/bin/millrace.js' },
  exports: {
    '.': { types: './dist/runtime/src/index.d.ts', default: './dist/runtime/src/index.js' },
    './connectors/*': { default: './dist/runtime/src/connectors/*/index.js' },
  },
});

const orphansAmong = (files: Readonly<Record<string, string>>): string[] =>
  findingsIn(noOrphans, { 'package.json': manifest, ...files }).map((line) =>
    line.slice(0, line.indexOf(':')),
  );

describe('a file that nobody imports', () => {
  it('is found, with the reason', () => {
    expect(findingsIn(noOrphans, { 'package.json': manifest, 'runtime/src/task/lost.ts': '' })).toEqual([
      'runtime/src/task/lost.ts:1: no entry point of the package imports this file, near or far',
    ]);
  });

  it('is found also when its test imports it', () => {
    const files = {
      'runtime/src/task/lost.ts': '',
      'runtime/test/task/lost.test.ts': "import '../../src/task/lost.ts';",
    };
    expect(orphansAmong(files)).toEqual(['runtime/src/task/lost.ts']);
  });

  it('is found also when only another such file imports it', () => {
    const files = {
      'runtime/src/task/a.ts': "import './b.ts';",
      'runtime/src/task/b.ts': "import './a.ts';",
    };
    expect(orphansAmong(files)).toEqual(['runtime/src/task/a.ts', 'runtime/src/task/b.ts']);
  });

  it('is not what the package exports or starts', () => {
    const files = {
      'runtime/src/index.ts': '',
      'runtime/src/bin/millrace.ts': '',
      'runtime/src/connectors/print/index.ts': '',
      'operator/src/main.ts': '',
    };
    expect(orphansAmong(files)).toEqual([]);
  });

  it('is not what these import, near or far, as types, dynamically or as a thread', () => {
    const files = {
      'runtime/src/index.ts': "import type { A } from './a.ts';",
      'runtime/src/a.ts': "const load = () => import('./b.ts');",
      'runtime/src/b.ts': "new URL('./c.ts', import.meta.url);",
      'runtime/src/c.ts': '',
    };
    expect(orphansAmong(files)).toEqual([]);
  });

  it('is no example, benchmark or test', () => {
    expect(
      orphansAmong({ 'runtime/examples/a.ts': '', 'runtime/bench/b.ts': '', 'runtime/test/c.ts': '' }),
    ).toEqual([]);
  });
});
