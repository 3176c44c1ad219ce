import { underConstruction } from '../layout.ts';
import type { Rule } from '../rule.ts';
import type { SourceTree } from '../source-tree.ts';

const pathsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value.replace(/^\.\//, '')];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsIn) : [];
};

const sourceOf = (path: string): string => path.replace(/^dist\//, '').replace(/(?:\.d\.ts|\.js)$/, '.ts');

/** Whether a pattern of package.json (one `*` for any text) means the path. */
const means = (pattern: string, path: string): boolean => {
  const [before = '', after] = pattern.split('*');
  return after === undefined ? before === path : path.startsWith(before) && path.endsWith(after);
};

/** What a user imports or starts, from `exports` and `bin` of package.json. */
const packageEntries = (tree: SourceTree): string[] => {
  const manifest: unknown = JSON.parse(tree.textOf('package.json') ?? '{}');
  const { exports, bin } = manifest as { exports?: unknown; bin?: unknown };
  return [...pathsIn(exports), ...pathsIn(bin)].map(sourceOf);
};

const isUnderConstruction = (path: string): boolean =>
  underConstruction.some((entry) => path.startsWith(entry.path));

export const noOrphans: Rule = {
  name: 'no-orphans',
  why: 'a file that no program reaches is read, kept working and wondered about for nothing',
  check: (tree) => {
    // `npm run gen` makes definitions and charts out of the source: what it reads is reached too.
    const entries = [...packageEntries(tree), 'operator/src/main.ts', 'crds/generate.ts'];
    const sources = tree.under('runtime/src', 'operator/src', 'crds');
    const queue = sources.filter(
      (file) => entries.some((entry) => means(entry, file.path)) || isUnderConstruction(file.path),
    );
    const reached = new Set(queue.map((file) => file.path));
    for (const file of queue) {
      for (const { target } of file.references) {
        const next = target === undefined ? undefined : tree.byPath.get(target);
        if (next === undefined || reached.has(next.path)) continue;
        reached.add(next.path);
        queue.push(next);
      }
    }
    return sources
      .filter((file) => !reached.has(file.path))
      .map(({ path }) => ({
        path,
        line: 1,
        message: 'no entry point of the package imports this file, near or far',
      }));
  },
};
