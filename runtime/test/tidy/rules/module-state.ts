import { allowedState, sharedFolders } from '../layout.ts';
import { type Finding, findingAt, type Rule } from '../rule.ts';
import type { Code } from '../source-tree.ts';
import {
  boundNames,
  childOf,
  childrenOf,
  isFunction,
  nameOf,
  type SyntaxNode,
  unwrap,
  walkCode,
} from '../syntax.ts';

const mutators = new Set(
  `add clear copyWithin delete fill pop push reverse set shift sort splice unshift
  setFloat32 setFloat64 setInt8 setInt16 setInt32 setBigInt64 setUint8 setUint16 setUint32 setBigUint64
  write writeDoubleLE writeDoubleBE writeInt32LE writeUInt32LE`.split(/\s+/),
);

interface ModuleVariable {
  readonly name: string;
  readonly node: SyntaxNode;
  readonly kind: string;
  readonly value: SyntaxNode | undefined;
}

const moduleVariables = (program: SyntaxNode): ModuleVariable[] =>
  childrenOf(program, 'body')
    .map((statement) => childOf(statement, 'declaration') ?? statement)
    .filter((statement) => statement.type === 'VariableDeclaration' && statement['declare'] !== true)
    .flatMap((statement) =>
      childrenOf(statement, 'declarations').flatMap((node) =>
        boundNames(childOf(node, 'id')).map((name) => ({
          name,
          node,
          kind: String(statement['kind']),
          value: unwrap(childOf(node, 'init')),
        })),
      ),
    );

/** The variable at the bottom of `a.b[c].d`, or undefined. */
const rootName = (node: SyntaxNode | undefined): string | undefined => {
  let inner = unwrap(node);
  while (inner?.type === 'MemberExpression') inner = unwrap(childOf(inner, 'object'));
  return nameOf(inner);
};

/** The variable whose contents a node changes: `a.b = 1`, `a[0]++`, `delete a.b`, `a.push(1)`. */
const changedName = (node: SyntaxNode): string | undefined => {
  const target = unwrap(childOf(node, node.type === 'AssignmentExpression' ? 'left' : 'argument'));
  const changes =
    node.type === 'AssignmentExpression' ||
    node.type === 'UpdateExpression' ||
    (node.type === 'UnaryExpression' && node['operator'] === 'delete');
  if (changes) return target?.type === 'MemberExpression' ? rootName(target) : undefined;
  const callee = unwrap(childOf(node, 'callee'));
  if (node.type !== 'CallExpression' || callee?.type !== 'MemberExpression') return undefined;
  return mutators.has(nameOf(childOf(callee, 'property')) ?? '')
    ? rootName(childOf(callee, 'object'))
    : undefined;
};

/** What functions of the module change, by name; what happens while the module loads only makes its constants. */
const changedInFunctions = (program: SyntaxNode): Map<string, SyntaxNode> => {
  const changed = new Map<string, SyntaxNode>();
  walkCode(program, (outer) => {
    if (!isFunction(outer)) return undefined;
    const own = new Set<string>();
    walkCode(outer, (node) => {
      if (isFunction(node)) for (const name of childrenOf(node, 'params').flatMap(boundNames)) own.add(name);
      if (node.type === 'VariableDeclarator')
        for (const name of boundNames(childOf(node, 'id'))) own.add(name);
      return undefined;
    });
    walkCode(outer, (node) => {
      const name = changedName(node);
      if (name !== undefined && !own.has(name) && !changed.has(name)) changed.set(name, node);
      return undefined;
    });
    return false;
  });
  return changed;
};

/** A typed array that holds nothing between two calls, by its name: the bits of a number on their way from one view to another. */
const isScratch = ({ name, value }: ModuleVariable): boolean =>
  name.startsWith('scratch') &&
  value?.type === 'NewExpression' &&
  /Array$|^DataView$/.test(nameOf(childOf(value, 'callee')) ?? '');

const variableFindings = (file: Code): Finding[] => {
  const changed = changedInFunctions(file.program);
  return moduleVariables(file.program).flatMap((variable) => {
    const { name, node, kind } = variable;
    if (allowedState.some((entry) => entry.path === file.path && entry.name === name)) return [];
    if (kind !== 'const') return [findingAt(file, node.start, `${kind} ${name} is a variable of the module`)];
    const change = changed.get(name);
    if (change === undefined || isScratch(variable)) return [];
    return [findingAt(file, change.start, `a function changes ${name}, which belongs to the module`)];
  });
};

const staticFindings = (file: Code): Finding[] => {
  const found: Finding[] = [];
  walkCode(file.program, (node) => {
    if (node.type === 'PropertyDefinition' && node['static'] === true && node['readonly'] !== true) {
      found.push(
        findingAt(file, node.start, 'a static field that is not readonly is a variable of the module'),
      );
    }
    return undefined;
  });
  return found;
};

export const noModuleState: Rule = {
  name: 'no-module-state',
  why: 'the simulator runs many processes in one, and a slot that restarts must find nothing of the one that failed',
  check: (tree) =>
    tree.under(...sharedFolders).flatMap((file) => [...variableFindings(file), ...staticFindings(file)]),
};
