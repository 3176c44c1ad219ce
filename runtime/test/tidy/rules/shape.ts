import { abbreviations, exampleLines, longestFileLines, longestFunctionLines } from '../layout.ts';
import { type Finding, findingAt, type Rule } from '../rule.ts';
import { baseName, type Code, folderOf, lineAt, type SourceTree } from '../source-tree.ts';
import {
  childOf,
  childrenOf,
  declarations,
  dottedName,
  isFunction,
  nameOf,
  type SyntaxNode,
  unwrap,
  walk,
} from '../syntax.ts';

const isGenerated = (path: string): boolean => path.includes('/generated/');

const lineCount = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

export const shortFiles: Rule = {
  name: 'short-files',
  why: 'a file of one idea is read in one go; one that grew long holds several',
  check: (tree) =>
    tree.code
      .filter((file) => !isGenerated(file.path))
      .flatMap(({ path, text }) => {
        const example = path.startsWith('runtime/examples/');
        const most = example ? exampleLines - 1 : longestFileLines;
        const lines = lineCount(text);
        return lines > most ? [{ path, line: most + 1, message: `${lines} lines, ${most} at most` }] : [];
      }),
};

/** `describe('…', () => { … })` groups tests and does nothing else. */
const isTestGroup = (parent: SyntaxNode | undefined): boolean => {
  const callee = childOf(parent ?? { type: '', start: 0, end: 0 }, 'callee');
  return (
    parent?.type === 'CallExpression' && /^describe(?:\.|$)/.test(nameOf(callee) ?? dottedName(callee) ?? '')
  );
};

const longFunctions = (file: Code): Finding[] => {
  const found: Finding[] = [];
  walk(file.program, (node, parent) => {
    if (!isFunction(node) || isTestGroup(parent)) return undefined;
    const lines = lineAt(file, node.end) - lineAt(file, node.start) + 1;
    if (lines > longestFunctionLines) {
      found.push(
        findingAt(file, node.start, `a function of ${lines} lines, ${longestFunctionLines} at most`),
      );
    }
    return undefined;
  });
  return found;
};

export const shortFunctions: Rule = {
  name: 'short-functions',
  why: 'a function that does not fit on a screen cannot be checked by reading it',
  check: (tree) => tree.code.filter((file) => !isGenerated(file.path)).flatMap(longFunctions),
};

const sourceFolders = (tree: SourceTree): Map<string, Code[]> => {
  const folders = new Map<string, Code[]>();
  for (const file of tree.under('runtime/src', 'operator/src')) {
    const folder = folderOf(file.path);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return folders;
};

/** Prose opens the file and names the folder in backticks first, as in: `batch` holds …; an index may name what it exports. */
const opensWithProse = (file: Code): boolean => {
  const first = file.comments[0];
  if (first === undefined || !first.block || !/^(?:#!.*\n)?$/.test(file.text.slice(0, first.start)))
    return false;
  const prose = first.text.replace(/^\s*\*+ ?/gm, '').trim();
  const folder = baseName(folderOf(file.path));
  const names = baseName(file.path) === 'index.ts' ? ['`'] : [`\`${folder}\``, `\`${folder}/`];
  const named = names.some((name) => prose.startsWith(name));
  return named && (prose.match(/[.:](?:\s|$)/g) ?? []).length >= 2;
};

export const folderProse: Rule = {
  name: 'folder-prose',
  why: 'a newcomer finds out what a folder is for, and what its words mean, without asking',
  check: (tree) =>
    [...sourceFolders(tree)].flatMap(([folder, files]) => {
      const main = files[0];
      if (main === undefined || files.some(opensWithProse)) return [];
      const wanted = `opens with a comment that begins with \`${baseName(folder)}\` and tells what lives there`;
      return [{ path: main.path, line: 1, message: `no file of ${folder} ${wanted}` }];
    }),
};

const hasType = (node: SyntaxNode | undefined, field: string): boolean =>
  node !== undefined && childOf(node, field) !== undefined;

/** The exported functions of a declaration that say nowhere what they return. */
const untypedFunctions = (declared: SyntaxNode): SyntaxNode[] => {
  const constants = childrenOf(declared, 'declarations').filter((one) => {
    const value = unwrap(childOf(one, 'init'));
    return (
      isFunction(value) && !hasType(value, 'returnType') && !hasType(childOf(one, 'id'), 'typeAnnotation')
    );
  });
  return isFunction(declared) && !hasType(declared, 'returnType') ? [declared, ...constants] : constants;
};

export const typedExports: Rule = {
  name: 'typed-exports',
  why: 'what a module promises is written down, not inferred from what it happens to do',
  check: (tree) =>
    tree.under('runtime/src', 'operator/src').flatMap((file) =>
      childrenOf(file.program, 'body')
        .filter((statement) => statement.type === 'ExportNamedDeclaration')
        .flatMap((statement) => [childOf(statement, 'declaration') ?? []].flat())
        .flatMap(untypedFunctions)
        .map((node) => findingAt(file, node.start, 'exports a function without its return type')),
    ),
};

const wordsOf = (name: string): string[] =>
  name.split(/(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z]+/).map((word) => word.toLowerCase());

export const wholeWords: Rule = {
  name: 'whole-words',
  why: 'a name is read far more often than it is typed',
  check: (tree) =>
    tree.under('runtime/src', 'runtime/examples', 'operator/src').flatMap((file) =>
      declarations(file.program).flatMap(({ name, node }) => {
        const short = wordsOf(name).find((word) => Object.hasOwn(abbreviations, word));
        const whole = short === undefined ? '' : abbreviations[short];
        return short === undefined
          ? []
          : [findingAt(file, node.start, `${name}: write ${whole} instead of ${short}`)];
      }),
    ),
};
