import { describe, expect, it } from 'vitest';
import { allRules } from './all-rules.ts';
import { readRepository } from './repository.ts';
import { checkFiles, describeViolation, type Rule } from './rule.ts';

const everyFile: Rule = {
  name: 'every-file',
  why: 'it is only a test',
  check: (tree) => tree.files.map(({ path }) => ({ path, line: 2, message: 'is there' })),
};

describe('a rule', () => {
  it('names the place, what is wrong and why the rule exists', () => {
    const [violation] = checkFiles([{ path: 'a/b.ts', text: '' }], [everyFile]);
    expect(violation && describeViolation(violation)).toBe(
      'a/b.ts:2: is there (every-file: it is only a test)',
    );
  });

  it('reports in the order of the paths, whatever the order of the files', () => {
    const files = ['c.ts', 'a.ts', 'b.ts'].map((path) => ({ path, text: '' }));
    expect(checkFiles(files, [everyFile]).map(({ path }) => path)).toEqual(['a.ts', 'b.ts', 'c.ts']);
  });

  it('finds nothing in a repository without files', () => {
    expect(checkFiles([], allRules)).toEqual([]);
  });

  it('has a name of its own and a reason', () => {
    const names = allRules.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { why } of allRules) expect(why.split(' ').length).toBeGreaterThan(5);
  });
});

describe('the files that are checked', () => {
  const paths = readRepository().map(({ path }) => path);

  it('are those of the repository, with its dot files', () => {
    expect(paths).toContain('package.json');
    expect(paths).toContain('.npmrc');
    expect(paths).toContain('runtime/test/tidy/rule.test.ts');
  });

  it('are neither installed nor built', () => {
    expect(paths.filter((path) => /^(?:node_modules|dist|\.git|coverage)\//.test(path))).toEqual([]);
  });
});
