import { isMapping } from '../../../../runtime/src/contract/field.ts';
import type { Fields } from './values.ts';

/** RFC 7386: null removes, mappings are merged, everything else is replaced. */
export const mergePatched = (target: unknown, patch: unknown): unknown => {
  if (!isMapping(patch)) return patch;
  const merged: Record<string, unknown> = { ...(isMapping(target) ? target : {}) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatched(merged[name], value);
  }
  return merged satisfies Fields;
};
