import { isMapping } from '../../../../runtime/src/contract/field.ts';
import type { FieldSet } from '../store/values.ts';
import { type ListKeys, partOf } from './list-keys.ts';

/** All that is written in a value, down to what is no mapping and no list with keys. */
export const fieldSetOf = (value: unknown, lists: ListKeys, path = ''): FieldSet => {
  if (isMapping(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        `f:${name}`,
        fieldSetOf(member, lists, path === '' ? name : `${path}.${name}`),
      ]),
    );
  }
  const key = lists.get(path);
  if (!Array.isArray(value) || key === undefined) return {};
  return Object.fromEntries(
    value.map((entry) => [
      partOf(entry, key),
      key === 'set' ? {} : { '.': {}, ...fieldSetOf(entry, lists, path) },
    ]),
  );
};

/** What is in one set and not in the other; undefined when that is nothing. */
export const difference = (one: FieldSet, other: FieldSet): FieldSet | undefined => {
  const left: [string, FieldSet][] = [];
  for (const [part, inner] of Object.entries(one)) {
    const same = other[part];
    const rest = same === undefined ? inner : difference(inner, same);
    if (rest !== undefined) left.push([part, rest]);
  }
  return left.length === 0 ? undefined : Object.fromEntries(left);
};

/** A value without the fields of a set; undefined when nothing is left of it. */
export const withoutFields = (value: unknown, gone: FieldSet, lists: ListKeys, path = ''): unknown => {
  if (Object.keys(gone).length === 0 || gone['.'] !== undefined) return undefined;
  if (isMapping(value)) {
    const left = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
      const inner = gone[`f:${name}`];
      if (inner === undefined) return [[name, member]];
      const rest = withoutFields(member, inner, lists, path === '' ? name : `${path}.${name}`);
      return rest === undefined ? [] : [[name, rest]];
    });
    return left.length === 0 ? undefined : Object.fromEntries(left);
  }
  const key = lists.get(path);
  if (!Array.isArray(value) || key === undefined) return value;
  const left = value.flatMap((entry): unknown[] => {
    const inner = gone[partOf(entry, key)];
    const rest = inner === undefined ? entry : withoutFields(entry, inner, lists, path);
    return rest === undefined ? [] : [rest];
  });
  return left.length === 0 ? undefined : left;
};
