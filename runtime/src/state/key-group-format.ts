import type { StateKind } from './state-registry.ts';

/**
 * How a key group is written: the version; the keys that were removed; the keys that have state; for each state its name,
 * kind and flags, a bit a key that says which of them have it, and what those have; the event timers and the processing-time
 * timers, each with the number of its key. Keys stand in any order.
 */
export const formatVersion = 1;

/** The kinds of state by their numbers in the format, which never change. */
export const kindNumbers: readonly StateKind[] = ['value', 'list', 'map', 'reducing', 'aggregating'];

/**
 * What is said of a state: its values are doubles; they, or the entries of its maps, have an expiry each; they are of a version above
 * 1, which follows.
 */
export const Flag = { numeric: 1, expires: 2, versioned: 4 } as const;
