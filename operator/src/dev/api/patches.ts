import { isMapping } from '../../../../runtime/src/contract/field.ts';
import { partOf } from '../apply/list-keys.ts';
import type { Kind } from '../store/kinds.ts';
import { malformed } from '../store/refusals.ts';
import type { Fields } from '../store/values.ts';

type Container = Record<string, unknown> | unknown[];

/** Where an operation of a JSON patch (RFC 6902) is about. */
const locate = (root: unknown, pointer: string): { holder: Container; key: string } => {
  const parts = pointer.split('/').slice(1);
  const names = parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = names.pop();
  let holder = root;
  for (const name of names) holder = (holder as Fields | undefined)?.[name];
  if (key === undefined || typeof holder !== 'object' || holder === null) {
    throw malformed(`the JSON patch is about ${JSON.stringify(pointer)}, which is not there`);
  }
  return { holder: holder as Container, key };
};

const operate = (root: unknown, operation: Fields): void => {
  const { op, path, value } = operation;
  const { holder, key } = locate(root, String(path));
  const known = (holder as Fields)[key];
  if (op === 'test') {
    if (JSON.stringify(known) !== JSON.stringify(value))
      throw malformed(`testing ${String(path)} has failed`);
  } else if (op === 'remove' || op === 'replace' || op === 'add') {
    if (op !== 'add' && known === undefined) throw malformed(`${op}: ${String(path)} is not there`);
    if (!Array.isArray(holder)) {
      if (op === 'remove') delete holder[key];
      else holder[key] = value;
      return;
    }
    const place = key === '-' ? holder.length : Number(key);
    holder.splice(place, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]));
  } else throw malformed(`JSON patches may add, remove, replace and test, not ${String(op)}`);
};

/** RFC 6902. */
export const jsonPatched = (target: object, patch: unknown): unknown => {
  if (!Array.isArray(patch)) throw malformed('a JSON patch is a list of operations');
  const copy: unknown = JSON.parse(JSON.stringify(target));
  for (const operation of patch) operate(copy, operation as Fields);
  return copy;
};

/** A merge patch that also merges lists with keys, entry by entry; what else strategic patches can say is not heeded. */
export const strategicPatched = (kind: Kind, target: unknown, patch: unknown, path = ''): unknown => {
  const key = kind.lists.get(path);
  if (Array.isArray(patch) && key !== undefined && key !== 'set') {
    const live: unknown[] = Array.isArray(target) ? target : [];
    const byPart = new Map(live.map((entry) => [partOf(entry, key), entry]));
    for (const entry of patch) {
      const part = partOf(entry, key);
      if (isMapping(entry) && entry['$patch'] === 'delete') byPart.delete(part);
      else byPart.set(part, strategicPatched(kind, byPart.get(part), entry, path));
    }
    return [...byPart.values()];
  }
  if (!isMapping(patch)) return patch;
  const merged: Record<string, unknown> = { ...(isMapping(target) ? target : {}) };
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) continue;
    if (value === null) delete merged[name];
    else merged[name] = strategicPatched(kind, merged[name], value, path === '' ? name : `${path}.${name}`);
  }
  return merged;
};
