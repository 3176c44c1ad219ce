import { MillraceError } from '../contract/errors.ts';
import type { ObjectStore } from './object-store.ts';

const restoreFromAnother =
  'Go back to another checkpoint, `millrace run --from NUMBER`: `millrace checkpoint verify` says which are whole.';

const refused = (store: ObjectStore, key: string, message: string, hint: string, cause?: unknown) =>
  new MillraceError('state-damaged', message, {
    hint,
    where: { store: store.place, key },
    ...(cause === undefined ? {} : { cause }),
  });

/** A state object whose bytes are not those that were written. */
export const damagedObject = (
  store: ObjectStore,
  key: string,
  what: string,
  cause?: unknown,
): MillraceError =>
  refused(store, key, `The state object ${key} is damaged: ${what}.`, restoreFromAnother, cause);

/** A state object that a manifest names and that is not there. */
export const missingObject = (store: ObjectStore, key: string): MillraceError =>
  refused(
    store,
    key,
    `The state object ${key} is missing: a checkpoint needs it, and the store does not have it.`,
    `Bring it back if it was removed or not copied. ${restoreFromAnother}`,
  );

/** A state object of a version that is not known here. */
export const unknownVersion = (
  store: ObjectStore,
  key: string,
  version: number,
  known: number,
): MillraceError =>
  refused(
    store,
    key,
    `The state object ${key} has format version ${version}; this Millrace reads up to ${known}.`,
    'Run the version of Millrace that wrote it, or a newer one.',
  );
