import { describe, expect, it } from 'vitest';
import { SourceTree } from './source-tree.ts';
import { declarations, globalUses, type SyntaxNode } from './syntax.ts';

const programOf = (text: string): SyntaxNode => {
  const [file] = new SourceTree([{ path: 'a.ts', text }]).code;
  if (file === undefined) throw new Error('The text was not parsed.');
  return file.program;
};

const globalsIn = (text: string): string[] => globalUses(programOf(text)).map(({ name }) => name);

describe('the globals that a file uses', () => {
  it('are names that nothing in it declares', () => {
    expect(globalsIn('const a = 1; use(a);')).toEqual(['use']);
  });

  it('are given with their first member too', () => {
    expect(globalsIn('Date.now();')).toEqual(['Date.now', 'Date']);
  });

  it('are not the members and keys of the same name', () => {
    expect(globalsIn('const a = { process: 1, fetch() {} }; a.process; class B { setTimeout = 1; }')).toEqual(
      [],
    );
  });

  it('are used by a shorthand property and by a computed key', () => {
    expect(globalsIn('const a = { process }; a[fetch];')).toEqual(['process', 'fetch']);
  });

  it('are not types', () => {
    expect(
      globalsIn('const a = (b: Date, c: Map<string, Performance>): Promise<void> => b as never;'),
    ).toEqual([]);
  });

  it('are found inside of casts', () => {
    expect(globalsIn('const a = (process as unknown)!;')).toEqual(['process']);
  });

  it.each([
    ['a parameter', 'const a = (process: () => void) => process();'],
    ['a destructured parameter', 'const a = ({ b: { process }, ...c }: B) => [process, c];'],
    ['a default in a pattern', 'const [process = 1] = []; process;'],
    ['an import', "import { process } from './process.ts'; process();"],
    ['a caught error', 'try { } catch (process) { process; }'],
    ['a class', 'class process {} new process();'],
  ])('are hidden by %s of the same name', (_, text) => {
    expect(globalsIn(text)).not.toContain('process');
  });
});

describe('the declarations of a file', () => {
  it('are variables, functions, classes, parameters and imports', () => {
    const text = "import { a as b } from 'x'; const { c, d: [e] } = b; function f(g = 1) {} class H {}";
    const names = declarations(programOf(text)).map(({ name }) => name);
    expect(names).toEqual(['b', 'c', 'e', 'f', 'g', 'H']);
  });
});
