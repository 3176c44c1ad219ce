import { topLevel } from '../layout.ts';
import { type Finding, findingAt, type Rule } from '../rule.ts';
import type { Code, SourceFile, SourceTree } from '../source-tree.ts';

const matches = (file: SourceFile, pattern: RegExp, message: (match: string) => string): Finding[] =>
  [...file.text.matchAll(pattern)].map((match) => findingAt(file, match.index, message(match[0].trim())));

const machinePath =
  /(?<![\w.~)\]}/-])\/(?:work|tmp|home|root|Users)(?=\/)|\.\.\/shared\/|(?<![\w.)/-])\/(?:tmp)(?![\w-])/g;

export const noMachinePaths: Rule = {
  name: 'no-machine-paths',
  why: 'a path of one machine is wrong on every other',
  check: (tree) =>
    tree.files.flatMap((file) => matches(file, machinePath, (path) => `names the path ${path}`)),
};

const registryHost =
  /\b(?:registry\.(?:npmjs\.org|yarnpkg\.com|npmmirror\.com)|npm\.pkg\.github\.com|proxy\.golang\.org|pypi\.org|repo1?\.maven(?:\.apache)?\.org)\b/g;

export const noRegistryHosts: Rule = {
  name: 'no-registry-hosts',
  why: 'which registry or mirror serves the packages is a matter of the machine, not of the repository',
  check: (tree) =>
    tree.files.flatMap((file) => matches(file, registryHost, (host) => `names the registry ${host}`)),
};

const unfinished = new RegExp(
  `\\b(?:${['TO', 'FIX', 'X', 'HA'].map((start, i) => start + ['DO', 'ME', 'XX', 'CK'][i]).join('|')})\\b`,
  'g',
);

/** Where marks of unfinished work count: comments of code, everything of other text. */
const remarks = (
  tree: SourceTree,
): { readonly file: SourceFile; readonly text: string; readonly start: number }[] =>
  tree.files
    .filter((file) => file.path !== 'package-lock.json' && file.path !== 'LICENSE')
    .flatMap((file) => {
      const code = tree.byPath.get(file.path);
      if (code === undefined) return [{ file, text: file.text, start: 0 }];
      return code.comments.map(({ text, start }) => ({ file, text, start: start + 2 }));
    });

export const nothingUnfinished: Rule = {
  name: 'nothing-unfinished',
  why: 'what is left to do stands in an issue, where someone finds it',
  check: (tree) =>
    remarks(tree).flatMap(({ file, text, start }) =>
      [...text.matchAll(unfinished)].map((match) =>
        findingAt(file, start + match.index, `says ${match[0]}: do it, or open an issue`),
      ),
    ),
};

const silencer =
  /@ts-(?:ignore|nocheck|expect-error)|(?:biome-ignore|oxlint-disable|eslint-disable)[\w-]*|istanbul ignore|v8 ignore/;

/** A silenced check needs its reason in the same comment; a type error is expected only by a test of types. */
const isReasoned = (file: Code, text: string, mark: string): boolean => {
  const rest = text.slice(text.indexOf(mark) + mark.length);
  if (mark.endsWith('ignore') && mark.startsWith('@')) return false;
  if (mark === '@ts-nocheck') return false;
  if (mark === '@ts-expect-error') return file.path.includes('/test/') && rest.trim().length >= 10;
  return /(?::| -- )\s*\S.{9,}/.test(rest);
};

export const noSilencedChecks: Rule = {
  name: 'no-silenced-checks',
  why: 'a check that is switched off without a reason hides the next mistake too',
  check: (tree) =>
    tree.code.flatMap((file) =>
      file.comments.flatMap(({ text, start }) => {
        const mark = silencer.exec(text)?.[0];
        if (mark === undefined || isReasoned(file, text, mark)) return [];
        return [findingAt(file, start, `${mark} without a reason, or where nothing may be silenced`)];
      }),
    ),
};

export const exactTopLevel: Rule = {
  name: 'exact-top-level',
  why: 'the first screen of the repository shows its parts and nothing else',
  check: (tree) => {
    const names = new Map<string, string>();
    for (const { path } of tree.files) {
      const [name = path] = path.split('/');
      if (!names.has(name)) names.set(name, path);
    }
    return [...names]
      .filter(([name]) => !name.startsWith('.') && !topLevel.includes(name))
      .map(([name, path]) => ({
        path,
        line: 1,
        message: `${name} does not belong at the top of the repository`,
      }));
  },
};

export const parsesCleanly: Rule = {
  name: 'parses-cleanly',
  why: 'the other rules cannot see into a file that is not TypeScript',
  check: (tree) =>
    tree.code.flatMap(({ path, errors }) =>
      errors.slice(0, 1).map((message) => ({ path, line: 1, message })),
    ),
};
