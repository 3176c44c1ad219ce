import { canonicalText } from '../../../runtime/src/contract/canonical-text.ts';
import { changeOf } from '../../../runtime/src/contract/stream-job.ts';
import type { Hashing } from '../../../runtime/src/sys/hashing.ts';

/** A value of JSON. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Fields whose change is another revision. `live` ones are, as long as a running coordinator cannot take them over. */
const makesRevision = (path: readonly string[]): boolean => {
  const change = changeOf(path);
  return change === 'switch-over' || change === 'live';
};

const isMapping = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a part of the spec, what belongs to a revision; undefined = nothing does. */
const picked = (value: Json, path: readonly string[]): Json | undefined => {
  if (!isMapping(value)) return makesRevision(path) ? value : undefined;
  const fields = Object.entries(value).flatMap(([name, part]): (readonly [string, Json])[] => {
    const kept = picked(part, [...path, name]);
    return kept === undefined ? [] : [[name, kept]];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
};

/**
 * The name of the revision that a spec asks for: a hash of what a person wrote into the fields that a switch-over changes. Defaults
 * have no part in it, so that another default of a later release is no new revision. `restart`: any text, for the same code again.
 */
export const revisionOf = (hashing: Hashing, spec: unknown, restart: string | undefined): string => {
  const text = canonicalText([picked(spec as Json, ['spec']) ?? {}, restart ?? '']);
  return hashing.sha256(new TextEncoder().encode(text)).slice(0, 10);
};
