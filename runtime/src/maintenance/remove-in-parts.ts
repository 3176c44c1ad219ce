import type { ObjectStatus, ObjectStore } from '../checkpoint/object-store.ts';

export interface Removed {
  readonly objects: number;
  readonly bytes: number;
}

/** Objects that are removed at a time. */
const atOnce = 100;

/** Adds up what was found or removed. */
export const sumOf = (listed: readonly ObjectStatus[]): Removed => ({
  objects: listed.length,
  bytes: listed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});

export const sumOfAll = (parts: readonly Removed[]): Removed =>
  parts.reduce((sum, { objects, bytes }) => ({ objects: sum.objects + objects, bytes: sum.bytes + bytes }), {
    objects: 0,
    bytes: 0,
  });

/** Removes objects in their order, some at a time. */
export const removeInParts = async (
  store: ObjectStore,
  listed: readonly ObjectStatus[],
): Promise<Removed> => {
  for (let from = 0; from < listed.length; from += atOnce)
    await store.remove(listed.slice(from, from + atOnce).map(({ key }) => key));
  return sumOf(listed);
};
