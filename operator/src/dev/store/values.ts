/**
 * `store` keeps the objects of a cluster in memory and does with them what an API server does. A *kind* is what the server knows of a
 * kind of objects, a *change* a step of one object, counted by one *revision* for all; *sent* is what a client gives, which lacks
 * what the server says of it.
 */
import { isMapping } from '../../../../runtime/src/contract/field.ts';
import type { ObjectName } from '../../kube/client.ts';
import type { KubeObject, ObjectMeta, Stored } from '../../kube/objects.ts';

/** A mapping of JSON. Nothing in an object is ever changed in place: whoever holds one may keep it. */
export type Fields = Readonly<Record<string, unknown>>;

export type DevMeta = ObjectMeta & {
  readonly generateName?: string | undefined;
  readonly deletionGracePeriodSeconds?: number | undefined;
  readonly managedFields?: readonly ManagedFields[] | undefined;
};

/** Who has applied what. */
export interface ManagedFields {
  readonly manager: string;
  /** `Update`: it was created, and is not applied yet. */
  readonly operation: 'Apply' | 'Update';
  readonly subresource?: 'status' | undefined;
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldSet;
}

/** A set of fields as Kubernetes writes it: `f:name` a field, `k:{…}` an entry of a list by its key, `v:…` by its value, `.` itself. */
export interface FieldSet {
  readonly [part: string]: FieldSet;
}

/** An object of any kind, as the server keeps it. */
export type DevObject = Stored<KubeObject> & {
  readonly metadata: DevMeta;
  readonly spec?: Fields | undefined;
  readonly status?: Fields | undefined;
};

/** What a client sends. */
export type Sent = KubeObject & {
  readonly metadata: DevMeta;
  readonly spec?: Fields | undefined;
  readonly status?: Fields | undefined;
};

export const fieldsAt = (value: unknown, ...path: readonly string[]): Fields => {
  const found = valueAt(value, ...path);
  return isMapping(found) ? found : {};
};

export const valueAt = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce((here, part) => (isMapping(here) ? here[part] : undefined), value);

/** A copy that shares nothing with its origin, as if it had been sent. */
export const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export const isEqual = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((entry, i) => isEqual(entry, other[i]));
  }
  if (!isMapping(one) || !isMapping(other)) return false;
  const [names, otherNames] = [definedNames(one), definedNames(other)];
  return names.length === otherNames.length && names.every((name) => isEqual(one[name], other[name]));
};

const definedNames = (fields: Fields): string[] =>
  Object.keys(fields).filter((name) => fields[name] !== undefined);

export const atRevision = (object: DevObject, revision: number): DevObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});

export const placeOf = ({ metadata }: DevObject): ObjectName => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

/** The mappings in a list; none where there is no list. */
export const listAt = (value: unknown, ...path: readonly string[]): readonly Fields[] => {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found.filter(isMapping) : [];
};
