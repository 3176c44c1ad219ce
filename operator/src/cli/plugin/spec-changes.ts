import { canonicalText } from '../../../../runtime/src/contract/canonical-text.ts';
import type { Change } from '../../../../runtime/src/contract/change.ts';
import { isMapping } from '../../../../runtime/src/contract/field.ts';
import { changeOf, type StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';

/** One field that is to be another. */
export interface FieldChange {
  /** Under `spec`. */
  readonly path: readonly string[];
  readonly change: Change;
  /** undefined = it is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * The fields in which two specs differ, and what changing each does. Lists are compared as a whole. Both have their defaults in, so that what is
 * left out and what is written as the default would have it are the same. Pure.
 */
export const specChanges = (before: StreamJobSpec, after: StreamJobSpec): readonly FieldChange[] => {
  const found: FieldChange[] = [];
  const compare = (one: unknown, other: unknown, path: readonly string[]): void => {
    if (isMapping(one) && isMapping(other)) {
      for (const name of new Set([...Object.keys(one), ...Object.keys(other)]))
        compare(one[name], other[name], [...path, name]);
    } else if (canonicalText(one) !== canonicalText(other)) {
      const change = changeOf(['spec', ...path]) ?? 'switch-over';
      found.push({ path, change, before: one, after: other });
    }
  };
  compare(before, after, []);
  return found;
};
