import { MillraceError } from '../contract/errors.ts';

declare const unit: unique symbol;
type Counted<Name> = number & { readonly [unit]: Name };

/** The reign of one coordinator: commands and permits carry it. From 1, one more with each claim. */
export type Term = Counted<'term'>;
/** One incarnation of the data plane: frames, local snapshots and transactions carry it. From 1. */
export type Attempt = Counted<'attempt'>;
/** Counts up over the life of a job, whatever its terms and attempts. From 1; some numbers were never completed. */
export type CheckpointId = Counted<'checkpoint'>;

const counted = <Name>(value: number, what: string): Counted<Name> => {
  if (Number.isSafeInteger(value) && value >= 1) return value as Counted<Name>;
  throw new MillraceError('internal', `${value} is no ${what}: these are whole numbers from 1.`, {
    hint: 'This is a fault of Millrace: please report it.',
  });
};

export const asTerm = (value: number): Term => counted(value, 'term');
export const asAttempt = (value: number): Attempt => counted(value, 'attempt');
export const asCheckpointId = (value: number): CheckpointId => counted(value, 'checkpoint id');

/** Longer keys are refused by S3. All characters of a key are ASCII. */
const longestKey = 1024;
const keyPart = /^[A-Za-z0-9._-]+$/;

/** Whether a text may be the key of an object: parts of letters, digits, `.`, `-`, `_` between slashes, never `.` or `..`. */
export const isObjectKey = (key: string): boolean =>
  key.length <= longestKey &&
  key.split('/').every((part) => keyPart.test(part) && part !== '.' && part !== '..');

/** A name as one part of a key. */
export const isKeyPart = (name: string): boolean => isObjectKey(name) && !name.includes('/');
