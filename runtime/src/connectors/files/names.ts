import { basename } from 'node:path';
import { hashString } from '../../batch/hash.ts';

/** Eight hexadecimal digits that tell the sinks of a directory apart, whatever their owners are called. */
const ownerTag = (owner: string): string => hashString(owner).toString(16).padStart(8, '0');

/**
 * The name of a part until it is visible. What checkpoints decide about may be left behind by a crash, and says whose it is.
 */
export const hiddenName = (name: string, owner: string | undefined): string =>
  owner === undefined ? `.${name}.inprogress` : `.${name}.${ownerTag(owner)}.inprogress`;

/** A glob for all that an owner has left in a directory and those in it. */
export const hiddenPattern = (owner: string): string => `**/.*.${ownerTag(owner)}.inprogress`;

/** The attempt that a hidden file was written by; undefined when it has no such name. */
export const attemptOfHidden = (prefix: string, path: string): number | undefined => {
  const name = basename(path);
  if (!name.startsWith(`.${prefix}-`)) return undefined;
  const [, attempt] = /^\d+-(\d+)-[0-9a-f]+-\d+\./.exec(name.slice(prefix.length + 2)) ?? [];
  return attempt === undefined ? undefined : Number(attempt);
};
