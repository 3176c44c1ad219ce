import { MillraceError } from '../contract/errors.ts';

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

/**
 * Refuses a promise that a synchronous user function returned: nobody would wait for it. The error names its transform, so
 * no policy for bad records can swallow it.
 * @throws MillraceError user-code when `result` is a promise.
 */
export const refusePromise = (result: unknown, transformName: string, method: string): void => {
  if (!isThenable(result)) return;
  // The job fails by name; a rejection that comes later must not end the process without a sentence.
  result.then(undefined, () => undefined);
  throw new MillraceError(
    'user-code',
    `“${method}” of the transform “${transformName}” returned a promise.`,
    {
      hint: 'Do asynchronous work in mapAsync or flatMapAsync, which wait for it; remove async and await here.',
      where: { transform: transformName },
    },
  );
};
