import type { Preconditions } from '../../kube/client.ts';
import type { Kind } from './kinds.ts';
import { conflict } from './refusals.ts';
import { type DevMeta, type DevObject, isEqual } from './values.ts';

const stale = 'the object has been modified; please apply your changes to the latest version and try again';

export const checkPreconditions = (kind: Kind, live: DevObject, expected: Partial<Preconditions>): void => {
  const { name, uid, resourceVersion } = live.metadata;
  if (expected.uid !== undefined && expected.uid !== uid) {
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${expected.uid}, UID in object meta: ${uid}`,
    );
  }
  if (expected.resourceVersion !== undefined && expected.resourceVersion !== resourceVersion) {
    throw conflict(kind, name, stale);
  }
};

/** Of a new object: what the client may say, and what the server says. */
export const bornMetadata = (
  sent: DevMeta,
  given: { readonly uid: string; readonly creationTimestamp: string },
): DevMeta => {
  const { name, namespace, generateName, labels, annotations, finalizers, ownerReferences, managedFields } =
    sent;
  const told = {
    name,
    namespace,
    generateName,
    labels,
    annotations,
    finalizers,
    ownerReferences,
    managedFields,
  };
  return { ...told, ...given, generation: 1 };
};

/** Of a changed object: the client changes what is its to change, and no finalizer comes to one that is being deleted. */
export const changedMetadata = (
  live: DevMeta,
  next: DevMeta,
  isStatus: boolean,
  specChanged: boolean,
): DevMeta => {
  if (isStatus) return { ...live, managedFields: next.managedFields };
  const { labels, annotations, ownerReferences, managedFields } = next;
  const isLeaving = live.deletionTimestamp !== undefined;
  const finalizers = isLeaving
    ? next.finalizers?.filter((name) => live.finalizers?.includes(name))
    : next.finalizers;
  const generation = (live.generation ?? 0) + (specChanged ? 1 : 0);
  return { ...live, labels, annotations, finalizers, ownerReferences, managedFields, generation };
};

/** Whether the last one who held an object that is to go has let it go. */
export const isReleased = ({ metadata }: DevObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers?.length ?? 0) === 0 &&
  isEqual(metadata.deletionGracePeriodSeconds ?? 0, 0);
