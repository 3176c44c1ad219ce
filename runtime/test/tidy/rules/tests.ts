import { folderOrder, testFolders } from '../layout.ts';
import { type Finding, findingAt, type Rule } from '../rule.ts';
import type { Code } from '../source-tree.ts';
import { childOf, childrenOf, dottedName, nameOf, type SyntaxNode, stringOf, walkCode } from '../syntax.ts';

const isTest = (path: string): boolean => path.endsWith('.test.ts');

/** The function that a test's call goes through at last: `it` for `it('…')`, `it.each(…)('…')` and `it.prop(…)('…')`. */
const testFunction = (callee: SyntaxNode | undefined): string => {
  if (callee?.type === 'CallExpression') return testFunction(childOf(callee, 'callee'));
  const name = nameOf(callee) ?? dottedName(callee)?.replace(/\..*/, '') ?? '';
  return ['it', 'test'].includes(name) ? name : '';
};

const calls = (file: Code, check: (call: SyntaxNode) => string | undefined): Finding[] => {
  const found: Finding[] = [];
  walkCode(file.program, (node) => {
    const message = node.type === 'CallExpression' ? check(node) : undefined;
    if (message !== undefined) found.push(findingAt(file, node.start, message));
    return undefined;
  });
  return found;
};

export const sentencesAsNames: Rule = {
  name: 'sentences-as-names',
  why: 'the list of the tests is the description of the behaviour, read by those who never open them',
  check: (tree) =>
    tree.code
      .filter((file) => isTest(file.path))
      .flatMap((file) =>
        calls(file, (call) => {
          const title = stringOf(childrenOf(call, 'arguments')[0]);
          if (title === undefined || testFunction(childOf(call, 'callee')) === '') return undefined;
          const short = title.trim().split(/\s+/).length < 3 && !/[%$]/.test(title);
          return short ? `the test name "${title}" is not a sentence` : undefined;
        }),
      ),
};

export const everyTestRuns: Rule = {
  name: 'every-test-runs',
  why: 'a test that is skipped, or that makes the others be skipped, shows nothing and looks green',
  check: (tree) =>
    tree.code
      .filter((file) => isTest(file.path))
      .flatMap((file) =>
        calls(file, (call) => {
          const name = dottedName(childOf(call, 'callee')) ?? '';
          return /^(?:it|test|describe)\.(?:skip|only|todo|fails)$/.test(name) ? `calls ${name}` : undefined;
        }),
      ),
};

export const testsMirrorSource: Rule = {
  name: 'tests-mirror-source',
  why: 'the tests of a file are found without searching',
  check: (tree) => {
    const folders = new Set([...folderOrder, 'connectors', ...testFolders]);
    return tree.under('runtime/test').flatMap(({ path }) => {
      const [, , folder, ...rest] = path.split('/');
      if (rest.length === 0 || folder === undefined || folders.has(folder)) return [];
      return [{ path, line: 1, message: `${folder} is no folder of runtime/src` }];
    });
  },
};
