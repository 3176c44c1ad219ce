/** What both forms of a fused loop check about the results of user functions. */
import { MillraceError } from '../contract/errors.ts';
import { assertSupported } from './values.ts';

/** @throws MillraceError `user-code` if a function that must answer at once gave a promise. */
export const refusePromise = (result: unknown, kind: string): void => {
  if (typeof result !== 'object' || result === null) return;
  if (typeof (result as { readonly then?: unknown }).then !== 'function') return;
  throw new MillraceError(
    'user-code',
    `The ${kind} function returned a promise, but its result is needed at once.`,
    {
      hint: 'Remove async from the function, or do asynchronous work with async I/O (stream.mapAsync).',
    },
  );
};

/** The first result of a step also has to lie in the value domain, also when it never leaves the thread. */
export const checkFirstResult = (result: unknown, kind: string): void => {
  refusePromise(result, kind);
  assertSupported(result, `the result of the ${kind} function`);
};

/** Thrown when a flatMap function emits after it has returned: the record it belongs to is over. */
export const refuseLateEmit = (): never => {
  throw new MillraceError('user-code', 'A flatMap function emitted a record after it had returned.', {
    hint: 'Emit only during the call; do asynchronous work with async I/O (stream.mapAsync).',
  });
};
