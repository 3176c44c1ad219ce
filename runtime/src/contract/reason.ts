import { MillraceError } from './errors.ts';

/** How deep causes are told: a chain may go in circles. */
const deepest = 8;

const causesOf = (error: Error): readonly unknown[] => {
  if (error instanceof AggregateError) return error.errors;
  return error.cause === undefined ? [] : [error.cause];
};

const addReasons = (error: unknown, depth: number, into: string[]): void => {
  const text = error instanceof Error ? error.message : String(error);
  if (text !== '' && !into.some((known) => known.includes(text))) into.push(text);
  // The message of an error of ours tells of its cause already.
  if (!(error instanceof Error) || MillraceError.is(error) || depth === deepest) return;
  for (const cause of causesOf(error)) addReasons(cause, depth + 1, into);
};

/** What a thrown value says, and what lies behind it as far as it says more: `fetch failed: connect ECONNREFUSED 127.0.0.1:9`. */
export const reasonOf = (error: unknown): string => {
  const reasons: string[] = [];
  addReasons(error, 1, reasons);
  return reasons.length > 0 ? reasons.join(': ') : (error as Error).name;
};
