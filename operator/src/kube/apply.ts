import { canonicalText } from '../../../runtime/src/contract/canonical-text.ts';
import { parseCpu, parseQuantity } from '../../../runtime/src/contract/quantity.ts';
import type { Hashing } from '../../../runtime/src/sys/hashing.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import type { KubeObject, ResourceType, Stored } from './objects.ts';

/** Says what was applied last: a field that is left out since is noticed although all that is there now is as wanted. */
export const appliedHash = 'millrace.dev/applied-hash';

type Fields = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What tells the entries of a list apart, for the lists that servers merge by a key. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
  ownerReferences: ['uid'],
};

const sameQuantity = (field: string, one: unknown, other: unknown): boolean => {
  const read = field === 'cpu' ? parseCpu : parseQuantity;
  try {
    return read(String(one)) === read(String(other));
  } catch {
    return false;
  }
};

const coversList = (name: string, desired: readonly unknown[], live: readonly unknown[]): boolean => {
  const keys = listKeys[name];
  if (keys === undefined)
    return desired.length === live.length && desired.every((part, i) => covers('', part, live[i]));
  // Servers and others may have added entries of their own.
  return desired.every((part) => {
    const found = live.find(
      (other) => isMapping(part) && isMapping(other) && keys.every((key) => part[key] === other[key]),
    );
    return found !== undefined && covers('', part, found);
  });
};

/**
 * Whether an object has everything that is wanted of it. What servers fill in or add is nobody's quarrel; amounts are the same however
 * they are written. Pure. `name`: of the field that both are in.
 */
export const covers = (name: string, desired: unknown, live: unknown): boolean => {
  if (desired === undefined) return true;
  if (Array.isArray(desired))
    return Array.isArray(live) ? coversList(name, desired, live) : desired.length === 0 && live === undefined;
  if (isMapping(desired)) {
    // An empty mapping is left out by some servers.
    if (!isMapping(live)) return live === undefined && Object.keys(desired).length === 0;
    return Object.entries(desired).every(([field, value]) => covers(field, value, live[field]));
  }
  if (desired === live) return true;
  // A text or a flag that says nothing is not kept.
  if (live === undefined) return desired === '' || desired === false;
  return (
    (name === 'cpu' || name === 'memory' || name === 'sizeLimit' || name === 'storage') &&
    sameQuantity(name, desired, live)
  );
};

/** Names what is wanted of an object. */
export const hashOf = (hashing: Hashing, desired: KubeObject): string =>
  hashing.sha256(new TextEncoder().encode(canonicalText(desired))).slice(0, 16);

const withHash = <O extends KubeObject>(
  hashing: Hashing,
  desired: O,
): { readonly object: O; readonly hash: string } => {
  const hash = hashOf(hashing, desired);
  const annotations = { ...desired.metadata.annotations, [appliedHash]: hash };
  return { object: { ...desired, metadata: { ...desired.metadata, annotations } }, hash };
};

/**
 * Makes an object as it is wanted: created where there is none, left alone where it is so already, applied where it has drifted or something
 * else is wanted. Resolves with what was written; undefined = nothing was.
 * @throws KubeError `conflict` where it has changed since it was seen: look again
 */
export const ensure = async <O extends KubeObject>(
  { client, hashing }: { readonly client: KubeClient; readonly hashing: Hashing },
  type: ResourceType<O>,
  desired: O,
  seen: Stored<O> | undefined,
): Promise<Stored<O> | undefined> => {
  const { object, hash } = withHash(hashing, desired);
  let live = seen;
  if (live === undefined) {
    try {
      return await client.create(type, object);
    } catch (error) {
      if (!KubeError.is(error, 'alreadyExists')) throw error;
      // The cache is behind, or it is of somebody else.
      const { namespace = '', name } = desired.metadata;
      live = await client.get(type, { namespace, name });
      if (live === undefined) throw error;
    }
  }
  refuseForeign(desired, live);
  if (live.metadata.annotations?.[appliedHash] === hash && covers('', object, live)) return undefined;
  // What the caller wants follows from a cache in which this was not there: that shows it in a moment, if only by its labels.
  if (seen === undefined && covers('', object.metadata.labels, live.metadata.labels))
    throw new KubeError('conflict', `The ${desired.kind} “${desired.metadata.name}” is there already.`);
  const { uid, resourceVersion } = live.metadata;
  return await client.apply(type, object, { uid, resourceVersion });
};

/** An object of the name that belongs to nobody, or to another, is not taken over. */
const refuseForeign = (desired: KubeObject, live: Stored<KubeObject>): void => {
  const owner = desired.metadata.ownerReferences?.[0];
  if (owner === undefined || live.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid) === true)
    return;
  throw new KubeError(
    'alreadyExists',
    `There is a ${desired.kind} “${desired.metadata.name}” that does not belong to this ${owner.kind}: rename or remove it.`,
  );
};
