import type { Preconditions } from '../../kube/client.ts';
import type { Kind } from '../store/kinds.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { conflict } from '../store/refusals.ts';
import type { DevObject, Sent } from '../store/values.ts';
import { type Applier, applied } from './apply.ts';

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
