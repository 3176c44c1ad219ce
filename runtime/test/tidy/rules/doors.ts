import {
  codeGenerator,
  contextMakers,
  moduleDoors,
  outsideGlobals,
  packageDoors,
  programFolders,
  pureModules,
} from '../layout.ts';
import { type Finding, findingAt, type Rule } from '../rule.ts';
import type { Code, SourceTree } from '../source-tree.ts';
import { childOf, childrenOf, globalUses, nameOf, type SyntaxNode, walkCode } from '../syntax.ts';

const outsideSys = (tree: SourceTree): Code[] =>
  tree.under('runtime/src', 'operator/src').filter((file) => !file.path.startsWith('runtime/src/sys/'));

const isProgram = (path: string): boolean =>
  programFolders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** `new Date()` and `Date()` read the clock; `new Date(x)` does not. */
const readsClock = (node: SyntaxNode): boolean => {
  if (nameOf(childOf(node, 'callee')) !== 'Date') return false;
  if (node.type === 'CallExpression') return true;
  return node.type === 'NewExpression' && childrenOf(node, 'arguments').length === 0;
};

const clockReads = (file: Code): Finding[] => {
  const found: Finding[] = [];
  walkCode(file.program, (node) => {
    if (readsClock(node))
      found.push(findingAt(file, node.start, 'reads the clock by Date: use system.clock'));
    return undefined;
  });
  return found;
};

const outsideUses = (file: Code): Finding[] =>
  globalUses(file.program).flatMap(({ name, node }) => {
    const instead = Object.hasOwn(outsideGlobals, name) ? outsideGlobals[name] : undefined;
    const allowed = isProgram(file.path) && (name === 'process' || name === 'console');
    return instead === undefined || allowed
      ? []
      : [findingAt(file, node.start, `uses ${name}: use ${instead}`)];
  });

export const onlySysTouchesTheWorld: Rule = {
  name: 'only-sys-touches-the-world',
  why: 'the simulator and every test with a clock replace sys, and what goes around it cannot be replayed',
  check: (tree) => outsideSys(tree).flatMap((file) => [...clockReads(file), ...outsideUses(file)]),
};

const mayImport = (path: string, specifier: string): boolean => {
  const doors = moduleDoors[specifier] ?? [];
  return pureModules.includes(specifier) || doors.some((door) => path.startsWith(door));
};

export const onlySysImportsNode: Rule = {
  name: 'only-sys-imports-node',
  why: 'disk, network, threads, compression and random are faults that the simulator injects at sys',
  check: (tree) =>
    outsideSys(tree).flatMap((file) =>
      file.references
        .filter(({ specifier }) => specifier.startsWith('node:') && !mayImport(file.path, specifier))
        .map(({ specifier, line }) => ({
          path: file.path,
          line,
          message: `imports ${specifier}: take a System instead`,
        })),
    ),
};

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

export const oneDoorForAPackage: Rule = {
  name: 'one-door-for-a-package',
  why: 'a client library behind one file can be replaced, faked and read up on in one place',
  check: (tree) =>
    tree.under('runtime/src', 'operator/src').flatMap((file) =>
      file.references.flatMap(({ specifier, line }) => {
        const doors = packageDoors[packageOf(specifier)];
        if (doors === undefined || doors.some((door) => file.path.startsWith(door))) return [];
        return [
          { path: file.path, line, message: `imports ${specifier}, which only ${doors.join(', ')} may` },
        ];
      }),
    ),
};

const makers = ['Function', 'eval', 'execScript'];

export const oneCodeGenerator: Rule = {
  name: 'one-code-generator',
  why: 'no text from a manifest, a query or data may become code, and one file can be read to see that',
  check: (tree) =>
    tree
      .under('runtime/src', 'operator/src', 'runtime/sim')
      .filter((file) => file.path !== codeGenerator)
      .flatMap((file) => [
        ...globalUses(file.program)
          .filter(({ name }) => makers.includes(name))
          .map(({ name, node }) =>
            findingAt(file, node.start, `uses ${name}: build a plan for ${codeGenerator}`),
          ),
        ...file.references
          .filter(
            ({ specifier }) =>
              (specifier === 'node:vm' && !contextMakers.some(({ path }) => path === file.path)) ||
              specifier.startsWith('data:'),
          )
          .map(({ specifier, line }) => ({
            path: file.path,
            line,
            message: `imports ${specifier}: build a plan for ${codeGenerator}`,
          })),
      ]),
};
