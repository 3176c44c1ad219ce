import { describe, expect, it } from 'vitest';
import { joinPath, lineAt, type Reference, SourceTree } from './source-tree.ts';

const referencesIn = (text: string, ...others: string[]): Reference[] => {
  const files = [{ path: 'a/b/c.ts', text }, ...others.map((path) => ({ path, text: '' }))];
  return [...(new SourceTree(files).byPath.get('a/b/c.ts')?.references ?? [])];
};

describe('the references of a file', () => {
  it('are imports, exports, dynamic imports and import types', () => {
    const text = [
      "import { one } from './one.ts';",
      "export { two } from './two.ts';",
      "export * from './three.ts';",
      "const four = () => import('./four.ts');",
      "type Five = import('./five.ts').Five;",
    ].join('\n');
    const found = referencesIn(text).map(({ specifier, line }) => `${line} ${specifier}`);
    expect(found).toEqual(['1 ./one.ts', '2 ./two.ts', '3 ./three.ts', '4 ./four.ts', '5 ./five.ts']);
  });

  it('are also the files that a program starts by their place beside it', () => {
    const text = "new URL('./slot.ts', import.meta.url); import.meta.resolve('./watchdog.ts');";
    expect(referencesIn(text).map(({ specifier }) => specifier)).toEqual(['./slot.ts', './watchdog.ts']);
    expect(referencesIn(text).every(({ started }) => started)).toBe(true);
  });

  it('are also those whose ending depends on whether the program was built', () => {
    const text = `new URL(\`./slot.\${extension}\`, import.meta.url); new URL(\`./\${name}.ts\`, import.meta.url);`;
    expect(referencesIn(text, 'a/b/slot.ts').map(({ target }) => target)).toEqual(['a/b/slot.ts']);
  });

  it('are not in comments, in strings or in calls that only look alike', () => {
    const text =
      "// import './one.ts'\nconst text = \"import './two.ts'\"; path.resolve('./three.ts'); new URL('./four.ts');";
    expect(referencesIn(text)).toEqual([]);
  });

  it('have a target when the file is there, also under the name of its built form', () => {
    const found = referencesIn(
      "import '../x.ts'; import './y.js'; import './gone.ts'; import 'zod';",
      'a/x.ts',
      'a/b/y.ts',
    );
    expect(found.map(({ target }) => target)).toEqual(['a/x.ts', 'a/b/y.ts', undefined, undefined]);
  });

  it('are of types only when nothing is left of them at run time', () => {
    const text = [
      "import type { A } from './1.ts';",
      "import { type B } from './2.ts';",
      "import { type C, d } from './3.ts';",
      "export type { E } from './4.ts';",
      "import './5.ts';",
      "type F = import('./6.ts').F;",
    ].join('\n');
    expect(referencesIn(text).map(({ typeOnly }) => typeOnly)).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});

describe('a place in a file', () => {
  it('counts its lines from one', () => {
    const file = { path: 'a.ts', text: 'one\ntwo\nthree' };
    expect([0, 3, 4, 8].map((position) => lineAt(file, position))).toEqual([1, 1, 2, 3]);
  });

  it('is found through folders up and down', () => {
    expect(joinPath('a/b/c.ts', '../d/./e.ts')).toBe('a/d/e.ts');
    expect(joinPath('a.ts', './b.ts')).toBe('b.ts');
  });
});
