import type { ObjectName, Preconditions } from '../../kube/client.ts';
import { ownersForApply } from '../../kube/field-owners.ts';
import type { Kind } from '../store/kinds.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { conflict } from '../store/refusals.ts';
import type { DevObject, ManagedFields, Sent } from '../store/values.ts';
import { type Applier, applied } from './apply.ts';

/** The one who writes through a client of ours. */
export const operatorManager = 'millrace';

/**
 * Makes an object whose fields belong to the operator that makes it: what it has created and does not apply any more later is to go. As on a real
 * server they are those of another operation until they are taken over (`ownInStore`, see `kube/field-owners.ts`). What others create belongs to nobody here.
 */
export const createInStore = (store: ObjectStore, kind: Kind, sent: Sent): DevObject => {
  const { apiVersion, kind: kindName, metadata } = sent;
  const { name, namespace } = metadata;
  const empty = {
    apiVersion,
    kind: kindName,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  };
  const how = { manager: operatorManager, force: true, part: 'object', time: store.nowText() } as const;
  const whole = applied(kind, empty as Sent, sent, how);
  const managedFields = whole.metadata.managedFields?.map((entry) => ({
    ...entry,
    operation: 'Update' as const,
  }));
  return store.create(kind, { ...whole, metadata: { ...whole.metadata, managedFields } } as Sent);
};

/** Takes over what the operator has created: a write of its own. Whether there was anything. */
export const ownInStore = (store: ObjectStore, kind: Kind, at: ObjectName): boolean => {
  const live = store.find(kind, at);
  const owners = ownersForApply(live?.metadata.managedFields, operatorManager);
  if (live === undefined || owners === undefined) return false;
  store.change(kind, at, 'object', { uid: live.metadata.uid }, (now) => ({
    ...now,
    metadata: { ...now.metadata, managedFields: owners as ManagedFields[] },
  }));
  return true;
};

/** Applies to an object, which is made when there is none and nothing is expected of it. */
export const applyToStore = (
  store: ObjectStore,
  kind: Kind,
  sent: Sent,
  expected: Partial<Preconditions>,
  applier: Omit<Applier, 'time'>,
): DevObject => {
  const { name, namespace = '' } = sent.metadata;
  const how: Applier = { ...applier, time: store.nowText() };
  if (how.part === 'object' && store.find(kind, { namespace, name }) === undefined) {
    if (expected.uid !== undefined) {
      throw conflict(kind, name, `uid mismatch: ${expected.uid} is expected, and no such object was found`);
    }
    const { apiVersion, kind: kindName, metadata } = sent;
    const empty = { apiVersion, kind: kindName, metadata: { name: metadata.name, namespace } };
    return store.create(kind, applied(kind, empty, sent, how));
  }
  return store.change(kind, { namespace, name }, how.part, expected, (live) =>
    applied(kind, live, sent, how),
  );
};
