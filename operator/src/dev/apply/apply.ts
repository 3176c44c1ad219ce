/**
 * `apply` is server-side apply: who applies says all that it wants, *sets of fields* remember who has said what, and lists whose entries
 * have *keys* are merged entry by entry.
 */
import { isMapping } from '../../../../runtime/src/contract/field.ts';
import type { Kind } from '../store/kinds.ts';
import { conflict } from '../store/refusals.ts';
import type { DevObject, FieldSet, Fields, ManagedFields, Sent } from '../store/values.ts';
import { isEqual } from '../store/values.ts';
import { difference, fieldSetOf, withoutFields } from './field-set.ts';
import { type ListKeys, partOf } from './list-keys.ts';

/** Who applies, and to what part of the object. */
export interface Applier {
  readonly manager: string;
  readonly force: boolean;
  readonly part: 'object' | 'status';
  readonly time: string;
}

/** Of the metadata, what can be applied. */
const appliedMetadata = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

/** What of a sent object takes part: not what names it, and either the status or all the rest. */
const appliedOf = (kind: Kind, sent: Sent, part: Applier['part']): Fields => {
  if (part === 'status') return { status: sent.status };
  const { apiVersion: _version, kind: _kind, metadata, status, ...rest } = sent;
  const about = Object.fromEntries(
    appliedMetadata.filter((name) => metadata[name] !== undefined).map((name) => [name, metadata[name]]),
  );
  return {
    ...rest,
    ...(kind.hasStatus || status === undefined ? {} : { status }),
    ...(Object.keys(about).length === 0 ? {} : { metadata: about }),
  };
};

/** What is applied over what is there. Entries of lists with keys stand in the order in which they are applied, foreign ones behind. */
const merged = (live: unknown, applied: unknown, lists: ListKeys, path = ''): unknown => {
  if (isMapping(applied)) {
    const fields: Record<string, unknown> = { ...(isMapping(live) ? live : {}) };
    for (const [name, value] of Object.entries(applied)) {
      fields[name] = merged(fields[name], value, lists, path === '' ? name : `${path}.${name}`);
    }
    return fields;
  }
  const key = lists.get(path);
  if (!Array.isArray(applied) || key === undefined || !Array.isArray(live)) return applied;
  const byPart = new Map<string, unknown>(live.map((entry) => [partOf(entry, key), entry]));
  const own = applied.map((entry) => merged(byPart.get(partOf(entry, key)), entry, lists, path));
  const parts = new Set(applied.map((entry) => partOf(entry, key)));
  return [...own, ...live.filter((entry) => !parts.has(partOf(entry, key)))];
};

/** Whether applying changes what somebody else has applied. */
const overrules = (
  live: Fields,
  result: Fields,
  others: readonly ManagedFields[],
  lists: ListKeys,
): boolean =>
  others.some(({ fieldsV1 }) => {
    const theirs = (value: Fields): unknown =>
      withoutFields(value, difference(fieldSetOf(value, lists), fieldsV1) ?? { none: {} }, lists);
    return !isEqual(theirs(live), theirs(result));
  });

/**
 * Server-side apply: the manager's fields become what it sends; those that it has applied before, leaves out now and shares with no
 * other manager are removed. Only who applies has fields here: what is written in other ways belongs to nobody.
 */
export const applied = (kind: Kind, live: DevObject | Sent, sent: Sent, applier: Applier): Sent => {
  const lists = kind.lists;
  const wanted = appliedOf(kind, sent, applier.part);
  const fields = fieldSetOf(wanted, lists);
  const entries = live.metadata.managedFields ?? [];
  const isOwn = (entry: ManagedFields): boolean =>
    entry.manager === applier.manager &&
    entry.operation === 'Apply' &&
    (entry.subresource ?? 'object') === applier.part;
  const own = entries.find(isOwn);
  const others = entries.filter((entry) => !isOwn(entry));
  let gone: FieldSet | undefined = own === undefined ? undefined : difference(own.fieldsV1, fields);
  for (const { fieldsV1 } of others) gone = gone === undefined ? undefined : difference(gone, fieldsV1);
  const before = live as unknown as Fields;
  const left = gone === undefined ? before : (withoutFields(before, gone, lists) as Fields);
  const result = merged(left, wanted, lists) as Sent;
  if (!applier.force && overrules(before, result as unknown as Fields, others, lists)) {
    const names = others.map(({ manager }) => JSON.stringify(manager)).join(', ');
    throw conflict(kind, sent.metadata.name, `Apply failed with a conflict: other managers are ${names}`);
  }
  const time = own !== undefined && isEqual(own.fieldsV1, fields) ? own.time : applier.time;
  const entry: ManagedFields = {
    manager: applier.manager,
    operation: 'Apply',
    ...(applier.part === 'status' ? { subresource: 'status' as const } : {}),
    apiVersion: sent.apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
  return { ...result, metadata: { ...result.metadata, managedFields: [...others, entry] } };
};
