import { visitorKeys } from 'oxc-parser';

/** A node of a file's syntax tree, in ESTree's words. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** A field of a node that holds one node, or undefined. */
export const childOf = (node: SyntaxNode, field: string): SyntaxNode | undefined => {
  const value = node[field];
  return isNode(value) ? value : undefined;
};

/** A field of a node that holds a list of nodes; holes are left out. */
export const childrenOf = (node: SyntaxNode, field: string): SyntaxNode[] => {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
};

const allChildren = (node: SyntaxNode): SyntaxNode[] =>
  (visitorKeys[node.type] ?? []).flatMap((field) => [childOf(node, field) ?? childrenOf(node, field)].flat());

/** Visits a node and all below it, parents first. What lies below a node for which `visit` gives false is left out. */
export const walk = (
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined) => boolean | undefined,
  parent?: SyntaxNode,
): void => {
  if (visit(node, parent) === false) return;
  for (const child of allChildren(node)) walk(child, visit, node);
};

/** The name of an identifier node, or undefined for any other node. */
export const nameOf = (node: SyntaxNode | undefined): string | undefined =>
  node?.type === 'Identifier' ? String(node['name']) : undefined;

/** The text of one part of a template. */
export const textOfQuasi = (node: SyntaxNode): string =>
  (node['value'] as { cooked?: string } | undefined)?.cooked ?? '';

/** The value of a string literal (also of a template without holes), or undefined for any other node. */
export const stringOf = (node: SyntaxNode | undefined): string | undefined => {
  if (node?.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node?.type !== 'TemplateLiteral' || childrenOf(node, 'expressions').length > 0) return undefined;
  return childrenOf(node, 'quasis').map(textOfQuasi).join('');
};

/** `a.b` for a plain member expression on an identifier, or undefined. */
export const dottedName = (node: SyntaxNode | undefined): string | undefined => {
  if (node?.type !== 'MemberExpression' || node['computed'] === true) return undefined;
  const owner = nameOf(childOf(node, 'object'));
  return owner === undefined ? undefined : `${owner}.${nameOf(childOf(node, 'property'))}`;
};

const functionTypes = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/** Whether a node is a function with a body. */
export const isFunction = (node: SyntaxNode | undefined): boolean =>
  node !== undefined && functionTypes.includes(node.type);

const wrapperTypes = [
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
];

/** The expression inside of `as`, `satisfies`, `!` and the like. */
export const unwrap = (node: SyntaxNode | undefined): SyntaxNode | undefined => {
  let inner = node;
  while (inner !== undefined && wrapperTypes.includes(inner.type)) inner = childOf(inner, 'expression');
  return inner;
};

/** Visits what runs: the same as `walk` without types. */
export const walkCode = (
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined) => boolean | undefined,
): void =>
  walk(node, (inner, parent) => {
    if (inner.type.startsWith('TS') && !wrapperTypes.includes(inner.type)) return false;
    return visit(inner, parent);
  });

/** The names that a pattern (`a`, `{ a, b: c }`, `[a, ...b]`, `a = 1`) binds. */
export const boundNames = (pattern: SyntaxNode | undefined): string[] => {
  if (pattern === undefined) return [];
  const name = nameOf(pattern);
  if (name !== undefined) return [name];
  const inner = [
    ...childrenOf(pattern, 'properties'),
    ...childrenOf(pattern, 'elements'),
    childOf(pattern, 'value'),
    childOf(pattern, 'argument'),
    childOf(pattern, 'left'),
  ];
  return inner.flatMap((part) => boundNames(part));
};

const declaredHere = (node: SyntaxNode): string[] => {
  if (isFunction(node)) {
    return [...boundNames(childOf(node, 'id')), ...childrenOf(node, 'params').flatMap(boundNames)];
  }
  if (node.type === 'VariableDeclarator') return boundNames(childOf(node, 'id'));
  if (node.type === 'CatchClause') return boundNames(childOf(node, 'param'));
  if (node.type.startsWith('Class')) return boundNames(childOf(node, 'id'));
  return node.type.startsWith('Import') ? boundNames(childOf(node, 'local')) : [];
};

/** Every name that is declared anywhere in the tree, with the node that declares it. */
export const declarations = (program: SyntaxNode): { readonly name: string; readonly node: SyntaxNode }[] => {
  const found: { name: string; node: SyntaxNode }[] = [];
  walkCode(program, (node) => {
    for (const name of declaredHere(node)) found.push({ name, node });
    return undefined;
  });
  return found;
};

const isOnlyName = (node: SyntaxNode, parent: SyntaxNode | undefined): boolean => {
  if (parent === undefined) return false;
  if (parent.type === 'MemberExpression') return parent['property'] === node && parent['computed'] !== true;
  const keyed = ['Property', 'MethodDefinition', 'PropertyDefinition', 'AccessorProperty'].includes(
    parent.type,
  );
  if (keyed) return parent['key'] === node && parent['computed'] !== true && parent['value'] !== node;
  return /^(?:Import|Export)\w*Specifier$|^LabeledStatement$|^MetaProperty$/.test(parent.type);
};

/** Uses of names that the file does not declare; `Date.now` gives both `Date.now` and `Date`. */
export const globalUses = (program: SyntaxNode): { readonly name: string; readonly node: SyntaxNode }[] => {
  const declared = new Set(declarations(program).map((declaration) => declaration.name));
  const found: { name: string; node: SyntaxNode }[] = [];
  walkCode(program, (node, parent) => {
    const dotted = dottedName(node);
    const name = nameOf(node);
    if (dotted !== undefined && !declared.has(dotted.slice(0, dotted.indexOf('.')))) {
      found.push({ name: dotted, node });
    } else if (name !== undefined && !declared.has(name) && !isOnlyName(node, parent)) {
      found.push({ name, node });
    }
    return undefined;
  });
  return found;
};
