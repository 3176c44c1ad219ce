import { canonicalText } from '../../../runtime/src/contract/canonical-text.ts';
import type { LiveSettings } from '../../../runtime/src/contract/live-settings.ts';
import { childSchema, describeField } from '../../../runtime/src/contract/schema-walk.ts';
import { streamJobSchema } from '../../../runtime/src/contract/stream-job.ts';
import type { Hashing } from '../../../runtime/src/sys/hashing.ts';

/** What a schema is, to those who walk over one. */
type Schema = Parameters<typeof describeField>[0];

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nothing in a spec is nested as deep. */
const deepest = 64;

/**
 * Of a part of the spec, what belongs to a revision; undefined = nothing does. `around`: what changing the field around does. `strips`:
 * whether what is as the schema would have it anyway is left out.
 */
const picked = (
  value: unknown,
  schema: Schema | undefined,
  strips: boolean,
  around?: unknown,
  depth = 0,
): unknown => {
  const field = schema === undefined ? undefined : describeField(schema);
  const change = field?.meta['change'] ?? around;
  const kind = field?.inner._zod.def.type;
  if (depth > deepest) return undefined;
  const pickedPart = (part: unknown, name: string | number): unknown =>
    picked(part, schema === undefined ? undefined : childSchema(schema, name), strips, change, depth + 1);
  if (isMapping(value) && (kind === 'object' || kind === 'record')) {
    const parts = Object.entries(value).flatMap(([name, part]): [string, unknown][] => {
      const kept = pickedPart(part, name);
      return kept === undefined ? [] : [[name, kept]];
    });
    return parts.length === 0 ? undefined : Object.fromEntries(parts);
  }
  if (change !== 'switch-over') return undefined;
  const isDefault =
    field?.defaultValue !== undefined && canonicalText(field.defaultValue) === canonicalText(value);
  if (strips && isDefault) return undefined;
  return Array.isArray(value) && schema !== undefined
    ? value.map((entry, i) => pickedPart(entry, i) ?? {})
    : value;
};

const textOf = (spec: unknown, strips: boolean): string =>
  canonicalText(picked(spec, childSchema(streamJobSchema, 'spec'), strips) ?? {});

/**
 * The name of the revision that a spec asks for: a hash of what a person has written into the fields that a switch-over changes. What is
 * as the defaults have it has no part in it, whether a person or a server has written it. `restart`: any text, for the same code again.
 */
export const revisionOf = (hashing: Hashing, spec: unknown, restart: string | undefined): string => {
  const text = JSON.stringify([textOf(spec, true), restart ?? '']);
  return hashing.sha256(new TextEncoder().encode(text)).slice(0, 10);
};

/** A revision that was written down: what it was made from. */
export interface WrittenRevision {
  readonly name: string;
  readonly spec: unknown;
  readonly restart: string | undefined;
}

/** A wish to go back that the job has carried out. */
export interface CarriedOut {
  readonly revision: string | undefined;
  readonly id: string | undefined;
}

const withoutWish = (spec: unknown): unknown => {
  if (!isMapping(spec)) return spec;
  return Object.fromEntries(Object.entries(spec).filter(([name]) => name !== 'restore'));
};

const wishIn = (spec: unknown): unknown =>
  isMapping(spec) && isMapping(spec['restore']) ? spec['restore']['id'] : undefined;

/**
 * The revision that a spec asks for. One that was made from the very same spec is it, whatever a release since then takes for a default: an
 * upgrade of the operator is no change of a job. Whoever takes a wish to go back out of the spec that was carried out changes nothing either.
 */
export const wantedRevision = (
  hashing: Hashing,
  spec: unknown,
  restart: string | undefined,
  written: readonly WrittenRevision[],
  carriedOut: CarriedOut = { revision: undefined, id: undefined },
): string => {
  const name = revisionOf(hashing, spec, restart);
  const text = textOf(spec, false);
  const current = written.find((other) => other.name === carriedOut.revision);
  if (
    current !== undefined &&
    wishIn(spec) === undefined &&
    carriedOut.id !== undefined &&
    wishIn(current.spec) === carriedOut.id &&
    current.restart === restart &&
    textOf(withoutWish(current.spec), false) === textOf(withoutWish(spec), false)
  )
    return current.name;
  const same = written.findLast((other) => other.restart === restart && textOf(other.spec, false) === text);
  return same?.name ?? name;
};

/** What the live settings of a job are called: the same settings have the same name. */
export const settingsName = (hashing: Hashing, settings: LiveSettings): string =>
  hashing.sha256(new TextEncoder().encode(canonicalText(settings))).slice(0, 10);
