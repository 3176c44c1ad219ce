import { parseSync } from 'oxc-parser';
import {
  childOf,
  childrenOf,
  dottedName,
  nameOf,
  type SyntaxNode,
  stringOf,
  textOfQuasi,
  walk,
} from './syntax.ts';

/** A file of the repository. The path is relative to its top, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One file that a file names: by import, export, dynamic import, import type, `new URL` or `import.meta.resolve`. */
export interface Reference {
  readonly specifier: string;
  readonly line: number;
  /** Nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
  /** Named by its place, to be started as a thread or a program of its own: it shares nothing with the file that names it. */
  readonly started: boolean;
  /** The file of the tree that a relative specifier names; undefined for packages and for what is not there. */
  readonly target: string | undefined;
}

/** A comment's text without its delimiters. */
export interface Comment {
  readonly text: string;
  readonly block: boolean;
  readonly start: number;
}

/** A TypeScript file, parsed. */
export interface Code extends SourceFile {
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
  readonly references: readonly Reference[];
  /** The syntax errors; a file that has any is reported once and is left out by all other rules. */
  readonly errors: readonly string[];
}

/** The line of a position, from 1. */
export const lineAt = (file: SourceFile, position: number): number => {
  let line = 1;
  for (let at = file.text.indexOf('\n'); at !== -1 && at < position; at = file.text.indexOf('\n', at + 1))
    line += 1;
  return line;
};

/** A file's folder: `a/b` for `a/b/c.ts`, the empty text for `c.ts`. */
export const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/** A file's name without its folder. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The path that a relative specifier in `from` means. */
export const joinPath = (from: string, specifier: string): string => {
  const parts = folderOf(from).split('/').filter(Boolean);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
};

const isTypeOnly = (node: SyntaxNode): boolean => {
  if (node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type')
    return true;
  const specifiers = childrenOf(node, 'specifiers');
  return (
    specifiers.length > 0 && specifiers.every((one) => (one['importKind'] ?? one['exportKind']) === 'type')
  );
};

/** `new URL(…, import.meta.url)` or `import.meta.resolve(…)`. */
const isStart = (node: SyntaxNode): boolean => {
  const callee = childOf(node, 'callee');
  if (node.type === 'NewExpression')
    return nameOf(callee) === 'URL' && childrenOf(node, 'arguments').length === 2;
  const resolves = callee !== undefined && nameOf(childOf(callee, 'property')) === 'resolve';
  return node.type === 'CallExpression' && resolves && dottedName(callee) === undefined;
};

/** The path in `new URL('./a.ts', …)` and in ``new URL(`./a.${extension}`, …)``, where the source is what is meant. */
const startedPath = (node: SyntaxNode | undefined): string | undefined => {
  const [before, ...rest] = childrenOf(node ?? { type: '', start: 0, end: 0 }, 'quasis').map(textOfQuasi);
  const path =
    before?.endsWith('.') && rest.join('') === '' && rest.length === 1 ? `${before}ts` : stringOf(node);
  return path?.startsWith('.') ? path : undefined;
};

/** The text of the file that a node names, or undefined when it names none. */
const specifierOf = (node: SyntaxNode): string | undefined => {
  if (/^(?:Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$|^TSImportType$/.test(node.type)) {
    return stringOf(childOf(node, 'source') ?? childOf(node, 'argument'));
  }
  return isStart(node) ? startedPath(childrenOf(node, 'arguments')[0]) : undefined;
};

const referencesOf = (file: SourceFile, program: SyntaxNode, paths: ReadonlySet<string>): Reference[] => {
  const found: Reference[] = [];
  walk(program, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return undefined;
    const wanted = specifier.startsWith('.') ? joinPath(file.path, specifier) : '';
    const target = [wanted, wanted.replace(/\.js$/, '.ts')].find((path) => paths.has(path));
    const line = lineAt(file, node.start);
    found.push({ specifier, line, typeOnly: isTypeOnly(node), started: isStart(node), target });
    return undefined;
  });
  return found;
};

const parse = (file: SourceFile, paths: ReadonlySet<string>): Code => {
  const { program, comments, errors } = parseSync(file.path, file.text, { preserveParens: false });
  const root = program as unknown as SyntaxNode;
  return {
    ...file,
    program: root,
    comments: comments.map(({ value, type, start }) => ({ text: value, block: type === 'Block', start })),
    references: referencesOf(file, root, paths),
    errors: errors.map((error) => error.message),
  };
};

/** The files of a repository, each TypeScript file parsed once: what every rule looks at. */
export class SourceTree {
  readonly files: readonly SourceFile[];
  readonly code: readonly Code[];
  readonly byPath: ReadonlyMap<string, Code>;

  constructor(files: readonly SourceFile[]) {
    const paths = new Set(files.map((file) => file.path));
    this.files = files;
    this.code = files.filter((file) => /\.(?:ts|tsx|mts)$/.test(file.path)).map((file) => parse(file, paths));
    this.byPath = new Map(this.code.map((file) => [file.path, file]));
  }

  /** The parsed files of a folder and below. */
  under(...folders: readonly string[]): Code[] {
    return this.code.filter((file) => folders.some((folder) => file.path.startsWith(`${folder}/`)));
  }

  /** The text of a file that is not code, or undefined when there is none. */
  textOf(path: string): string | undefined {
    return this.files.find((file) => file.path === path)?.text;
  }
}
