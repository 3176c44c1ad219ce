import { z } from 'zod';
import { text } from '../contract/field.ts';

/** A wish to go back that was carried out: every manifest behind it says so, so that it is never carried out again. */
export interface Restored {
  /** What the wish is called: the id of `spec.restore`. */
  readonly id: string;
  /** What the job went back to, for people. */
  readonly from: string;
}

/** What a revision has begun with that was to keep no state: nobody's wish to go back. */
export const nothing = 'nothing';

/** Whoever goes back more often may repeat the first. */
const mostRemembered = 100;

export const restoredSchema: z.ZodType<readonly Restored[]> = z.array(
  z.strictObject({ id: text(512), from: text(2048) }),
);

/** Those that a manifest knew, and more; the newest last. */
export const joinRestored = (
  known: readonly Restored[] = [],
  more: readonly Restored[] = [],
): readonly Restored[] => {
  const ids = new Set(more.map(({ id }) => id));
  return [...known.filter(({ id }) => !ids.has(id)), ...more].slice(-mostRemembered);
};
