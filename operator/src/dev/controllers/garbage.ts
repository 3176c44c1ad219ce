import type { Timers } from '../../../../runtime/src/sys/system.ts';
import type { ObjectName } from '../../kube/client.ts';
import { type Kind, kinds, namespaceKind } from '../store/kinds.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type DevObject, placeOf } from '../store/values.ts';
import { ByOwner, follow, type Member } from './by-owner.ts';
import { PendingKeys } from './pending-keys.ts';

/** Removes what nobody owns any more, and what is in a namespace that is on its way out. Returns how to stop it. */
export const collectGarbage = (store: ObjectStore, timers: Timers, delayMs: number): (() => void) => {
  const alive = new Set<string>();
  const owned = new ByOwner();
  const leaving = new PendingKeys(timers, delayMs, (name) => emptyNamespace(store, name));
  const orphans = new PendingKeys(timers, delayMs, (owner) => {
    if (!alive.has(owner)) for (const member of owned.of(owner)) leaveOwner(store, member, owner, alive);
  });
  const stop = follow(store, kinds, (kind, before, after) => {
    const { metadata } = (after ?? before) as DevObject;
    if (after === undefined) alive.delete(metadata.uid);
    else alive.add(metadata.uid);
    const owners = owned.update(kind, before, after);
    for (const owner of after === undefined ? [metadata.uid] : owners) orphans.mark(owner);
    const namespace = kind === namespaceKind ? metadata.name : metadata.namespace;
    if (isLeaving(store, namespace)) leaving.mark(namespace ?? '');
  });
  return () => {
    stop();
    orphans.stop();
    leaving.stop();
  };
};

/** What has another owner that is alive stays. */
const leaveOwner = (
  store: ObjectStore,
  { kind, object }: Member,
  owner: string,
  alive: ReadonlySet<string>,
): void => {
  const { uid, ownerReferences = [] } = object.metadata;
  if (!ownerReferences.some((reference) => alive.has(reference.uid))) {
    store.remove(kind, placeOf(object), { uid });
    return;
  }
  const rest = ownerReferences.filter((reference) => reference.uid !== owner);
  store.change(kind, placeOf(object), 'all', { uid }, (live) => ({
    ...live,
    metadata: { ...live.metadata, ownerReferences: rest },
  }));
};

const namespaceAt = (name: string): ObjectName => ({ namespace: '', name });

const isLeaving = (store: ObjectStore, name: string | undefined): boolean =>
  name !== undefined &&
  store.find(namespaceKind, namespaceAt(name))?.metadata.deletionTimestamp !== undefined;

const contentsOf = (store: ObjectStore, name: string): { kind: Kind; object: DevObject }[] =>
  kinds
    .filter(({ isNamespaced }) => isNamespaced)
    .flatMap((kind) => store.all(kind, name).map((object) => ({ kind, object })));

const emptyNamespace = (store: ObjectStore, name: string): void => {
  for (const { kind, object } of contentsOf(store, name)) {
    if (object.metadata.deletionTimestamp === undefined) store.remove(kind, placeOf(object), {});
  }
  if (!isLeaving(store, name) || contentsOf(store, name).length > 0) return;
  store.change(namespaceKind, namespaceAt(name), 'all', {}, (live) => ({
    ...live,
    metadata: { ...live.metadata, finalizers: [] },
  }));
};
