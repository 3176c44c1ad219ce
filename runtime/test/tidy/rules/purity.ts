import { pureModules } from '../layout.ts';
import { type Finding, findingAt, type Rule } from '../rule.ts';
import type { Code, SourceTree } from '../source-tree.ts';
import { walkCode } from '../syntax.ts';

const decisions = /^(?:runtime|operator)\/src\/(?:.*\/)?(?:decide|status)\.ts$|\/src\/(?:.*\/)?resources\//;

/** Files that decide or describe and never act. */
const isPure = (path: string): boolean =>
  path.startsWith('runtime/src/graph/') || path.startsWith('runtime/src/api/') || decisions.test(path);

const isOutside = (specifier: string, target: string | undefined): boolean => {
  if (target !== undefined)
    return target.startsWith('runtime/src/sys/') || target.startsWith('operator/src/kube/');
  if (specifier.startsWith('.')) return false;
  return specifier !== 'zod' && !pureModules.includes(specifier);
};

/** Every way from a pure file to the outside, along imports that are left at run time; each file is looked at once. */
const waysOut = (tree: SourceTree, start: Code): Finding[] => {
  const found: Finding[] = [];
  const seen = new Set([start.path]);
  const queue = start.references.map((reference) => ({ reference, chain: '', line: reference.line }));
  for (const { reference, chain, line } of queue) {
    if (reference.typeOnly || reference.started) continue;
    const name = reference.target ?? reference.specifier;
    if (isOutside(reference.specifier, reference.target)) {
      found.push({ path: start.path, line, message: `reaches ${name}${chain}` });
    }
    const next = reference.target === undefined ? undefined : tree.byPath.get(reference.target);
    if (next === undefined || seen.has(next.path)) continue;
    seen.add(next.path);
    const longer = ` by way of ${next.path}`;
    queue.push(...next.references.map((further) => ({ reference: further, chain: longer, line })));
  }
  return found;
};

const waits = (file: Code): Finding[] => {
  const found: Finding[] = [];
  walkCode(file.program, (node) => {
    const waiting = node['async'] === true || node.type === 'AwaitExpression';
    if (waiting) found.push(findingAt(file, node.start, 'waits, although it only decides'));
    return undefined;
  });
  return found;
};

export const pureDecisions: Rule = {
  name: 'pure-decisions',
  why: 'a decision without I/O is a table test, and the simulator can crash between any two actions',
  check: (tree) =>
    tree.code
      .filter((file) => isPure(file.path))
      .flatMap((file) => [...waysOut(tree, file), ...(decisions.test(file.path) ? waits(file) : [])]),
};
