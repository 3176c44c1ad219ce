import { folderOrder, importExceptions, importersOf, importsOf, operatorImports } from '../layout.ts';
import type { Finding, Rule } from '../rule.ts';
import type { Code } from '../source-tree.ts';

const runtimeSource = 'runtime/src/';

/** The place of a file in `runtime/src`: its path below it, or undefined for a file elsewhere. */
const placeOf = (path: string): string | undefined =>
  path.startsWith(runtimeSource) ? path.slice(runtimeSource.length) : undefined;

const isIn = (place: string, folder: string): boolean => place === folder || place.startsWith(`${folder}/`);

const firstPart = (place: string): string =>
  place.slice(0, place.includes('/') ? place.indexOf('/') : undefined);

const findings = (
  files: readonly Code[],
  check: (target: string, file: Code) => string | undefined,
): Finding[] =>
  files.flatMap((file) =>
    file.references.flatMap((reference) => {
      const imported = reference.started ? undefined : reference.target;
      const message = imported === undefined ? undefined : check(imported, file);
      return message === undefined ? [] : [{ path: file.path, line: reference.line, message }];
    }),
  );

/** Why `from` may not import `to` (both are places in `runtime/src`), or undefined when it may. */
const orderProblem = (from: string, to: string): string | undefined => {
  const [own, other] = [firstPart(from), firstPart(to)];
  if (own === other && own !== 'connectors') return undefined;
  if (importExceptions.some((exception) => from === exception.from && isIn(to, exception.to)))
    return undefined;
  const listed = importsOf[own];
  if (listed !== undefined) {
    const ownConnector = from.split('/').slice(0, 2).join('/');
    const allowed = isIn(to, ownConnector) || listed.some((folder) => isIn(to, folder));
    return allowed ? undefined : `${own} imports ${to} but may see only ${listed.join(', ')}`;
  }
  const [place, otherPlace] = [folderOrder.indexOf(own), folderOrder.indexOf(other)];
  if (place === -1) return `the folder ${own} has no place in the order of the folders`;
  if (importersOf[other] !== undefined && otherPlace === -1) return undefined;
  return otherPlace === -1 || otherPlace > place
    ? `${own} imports ${other}, which is not to its left`
    : undefined;
};

export const importOrder: Rule = {
  name: 'import-order',
  why: 'layers that only look left can be read, tested and replaced one at a time',
  check: (tree) =>
    findings(tree.under('runtime/src'), (target, file) => {
      const [from, to] = [placeOf(file.path), placeOf(target)];
      if (from === undefined || to === undefined) return undefined;
      return orderProblem(from, to);
    }),
};

export const concreteImports: Rule = {
  name: 'concrete-imports',
  why: 'the engine knows contracts only, so that a connector or SQL can be added or left out without touching it',
  check: (tree) =>
    findings(tree.under('runtime/src'), (target, file) => {
      const [from, to] = [placeOf(file.path) ?? '', placeOf(target) ?? ''];
      const importers = importersOf[firstPart(to)];
      const own = firstPart(from);
      if (importers === undefined || own === firstPart(to) || importers.includes(own)) return undefined;
      return `${own} imports ${to}, which only ${importers.join(', ')} may see`;
    }),
};

export const operatorBorder: Rule = {
  name: 'operator-border',
  why: 'operator and runtime are released apart and share nothing but the contract and the tools below it',
  check: (tree) => [
    ...findings(tree.under('runtime'), (target) =>
      target.startsWith('operator/') ? `the runtime imports ${target}` : undefined,
    ),
    // Its tests may meet the real thing: a control API as coordinators serve it.
    ...findings(tree.under('operator'), (target, from) => {
      if (!target.startsWith('runtime/') || from.path.startsWith('operator/test/')) return undefined;
      const place = placeOf(target) ?? '';
      const allowed = operatorImports.some((folder) => isIn(place, folder));
      return allowed
        ? undefined
        : `the operator imports ${target} but may see only ${operatorImports.join(', ')}`;
    }),
  ],
};

export const relativeInside: Rule = {
  name: 'relative-inside',
  why: 'importing the own package by its name goes around the order of the folders and through the built files',
  check: (tree) =>
    tree.under('runtime/src', 'operator/src').flatMap((file) =>
      file.references
        .filter(({ specifier }) => specifier === 'millrace' || specifier.startsWith('millrace/'))
        .map(({ specifier, line }) => ({
          path: file.path,
          line,
          message: `imports the own package as ${specifier}`,
        })),
    ),
};
