import { MillraceError } from '../../contract/errors.ts';

/** An object that ends before what was to be read from it. */
export const tooShort = (place: string, key: string, expectedBytes: number): MillraceError =>
  new MillraceError('state-damaged', `The object ${key} ends before its byte ${expectedBytes}.`, {
    hint: 'It is damaged: bring it back from a copy, or go back to another checkpoint, `millrace run --from NUMBER`.',
    where: { store: place, key },
  });

export const nothingToCopy = (place: string, key: string): MillraceError =>
  new MillraceError('io', `There is no object ${key} to copy.`, {
    hint: 'It was removed, or never written: run millrace checkpoint verify.',
    where: { store: place, key },
  });

/** A list whose next page is the same again. */
export const endlessList = (place: string, prefix: string): MillraceError =>
  new MillraceError('io', `The store could not list ${prefix}: it gives the same page again and again.`, {
    hint: 'Take a newer version of it, or another store: this is a fault of its ListObjectsV2.',
    where: { store: place, prefix },
  });
