/**
 * `stores` are the places where objects are kept: a *directory* of files, or a *bucket* of S3. What they are to others is said by
 * `object-store.ts`; all keep its promises, which one suite of tests asks of each. `open-store.ts` makes the store of a manifest.
 */

import { MillraceError } from '../../contract/errors.ts';

/** Every file system keeps names of 255 bytes; S3 keeps keys of 1024, which begin with the prefix of the store. */
const longestPart = 200;
const longestKey = 480;

/** A part never begins with a dot: so there is no `..`, and a store may keep things of its own under such names. */
const part = /^\w[\w.-]*$/;

const refuse = (place: string, key: string, why: string): never => {
  throw new MillraceError('internal', `${JSON.stringify(key)} is no key of an object: ${why}.`, {
    hint: 'Report this: Millrace makes all keys itself.',
    where: { store: place },
  });
};

/**
 * Refuses what is no key: parts of letters, digits, `.`, `-`, `_` between slashes that do not begin with `.` or `-`.
 * @throws MillraceError internal.
 */
export const checkKey = (place: string, key: string): void => {
  if (key.length > longestKey) refuse(place, key, `it is longer than ${longestKey} characters`);
  for (const name of key.split('/')) {
    if (name.length > longestPart)
      refuse(place, key, `a part of it is longer than ${longestPart} characters`);
    if (!part.test(name)) refuse(place, key, `${JSON.stringify(name)} cannot be a part of one`);
  }
};

/**
 * Refuses what no key begins with. Empty = all objects.
 * @throws MillraceError internal.
 */
export const checkPrefix = (place: string, prefix: string): void => {
  if (prefix !== '') checkKey(place, prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
};
