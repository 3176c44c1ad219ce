import type { z } from 'zod';
import { explainIssue } from './explain-issue.ts';
import { isMapping, type Unchecked } from './field.ts';
import { describeFound, type Problem, pathText } from './problem.ts';
import { nearest } from './suggest.ts';

/** A checked object with its defaults, or everything that is wrong with it. */
export type CheckedObject<T> =
  | { readonly ok: true; readonly object: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A kind of objects that people write. */
export interface ObjectKind<T> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: z.ZodType<T>;
}

/** What the API server and its clients write into an object: there when `kubectl get -o yaml` is the source, of no meaning here. */
const writtenByServer: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

const without = (fields: Unchecked, isLeftOut: (name: string) => boolean): Unchecked =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !isLeftOut(name)));

const asWritten = (value: Unchecked): Unchecked => {
  const object = without(value, (name) => name === 'status');
  const metadata = object['metadata'];
  return isMapping(metadata)
    ? { ...object, metadata: without(metadata, (name) => writtenByServer.has(name)) }
    : object;
};

type Path = readonly (string | number)[];

/** A name that means something else to JavaScript than to everyone else: refused wherever it stands, and taken out. */
const forbiddenName = '__proto__';

/** Nothing in an object of ours is nested as deep, and what is can exhaust the stack of whoever walks over it. */
const deepest = 64;

const refuse = (path: Path, message: string, expected: string, found: string): Problem => ({
  path,
  message,
  expected,
  found,
  atKey: true,
});

const withoutForbidden = (value: unknown, path: Path, problems: Problem[]): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (path.length > deepest) {
    const expected = `at most ${deepest} levels`;
    problems.push(refuse(path, `expected ${expected}, found deeper nesting`, expected, 'deeper nesting'));
    return null;
  }
  if (Array.isArray(value)) {
    return value.map((entry, index) => withoutForbidden(entry, [...path, index], problems));
  }
  const fields = Object.entries(value).filter(([name]) => {
    if (name !== forbiddenName) return true;
    problems.push(refuse([...path, name], `nothing may be named ${name}`, 'another name', name));
    return false;
  });
  return Object.fromEntries(
    fields.map(([name, member]) => [name, withoutForbidden(member, [...path, name], problems)]),
  );
};

/** An object of another kind is told so in one sentence, not in one a field. */
const foreign = (ours: ObjectKind<unknown>, value: Unchecked): Problem | undefined => {
  const strange = (field: 'kind' | 'apiVersion', wanted: string): boolean => {
    const found = value[field];
    if (typeof found !== 'string' || found === wanted) return false;
    return nearest(found, [wanted]) === undefined && !found.startsWith('millrace.dev/');
  };
  const named = (field: 'kind' | 'apiVersion', expected: string): Problem => {
    const found = describeFound(value[field]);
    const hint = `This file does not describe a ${ours.kind}; one begins with apiVersion: ${ours.apiVersion} and kind: ${ours.kind}.`;
    return { path: [field], message: `expected ${expected}, found ${found}`, expected, found, hint };
  };
  if (strange('kind', ours.kind)) return named('kind', ours.kind);
  return strange('apiVersion', ours.apiVersion) ? named('apiVersion', ours.apiVersion) : undefined;
};

/** A wrong value can break several conditions of its field: one problem says enough, best one that says what to do. */
const once = (problems: readonly Problem[]): Problem[] => {
  const byField = new Map<string, Problem>();
  for (const problem of problems) {
    const field = `${pathText(problem.path)} ${problem.expected}`;
    const known = byField.get(field);
    if (known?.hint === undefined)
      byField.set(field, problem.hint === undefined ? (known ?? problem) : problem);
  }
  return [...byField.values()];
};

/**
 * Checks plain data as an object of a kind: everything that is wrong with it, in one pass. Never throws, and leaves the data as it
 * is. Fields that the API server writes are not looked at.
 */
export const checkObject = <T>(ours: ObjectKind<T>, value: unknown): CheckedObject<T> => {
  if (!isMapping(value)) {
    const [expected, found] = ['a mapping with apiVersion, kind, metadata, spec', describeFound(value)];
    return {
      ok: false,
      problems: [{ path: [], message: `expected ${expected}, found ${found}`, expected, found }],
    };
  }
  const stranger = foreign(ours, value);
  if (stranger !== undefined) return { ok: false, problems: [stranger] };
  const problems: Problem[] = [];
  const clean = withoutForbidden(asWritten(value), [], problems);
  const result = ours.schema.safeParse(clean, { reportInput: true });
  if (result.success && problems.length === 0) return { ok: true, object: result.data };
  const issues = result.success ? [] : result.error.issues;
  return {
    ok: false,
    problems: once([...problems, ...issues.flatMap((issue) => explainIssue(ours.schema, issue))]),
  };
};
