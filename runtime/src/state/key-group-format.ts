import type { StateKind } from './state-registry.ts';

/**
 * How a key group is written: the version; the keys that were removed; the keys that have state; for each state its name,
 * kind and flags, which of the keys have it, what those have, and when it expires; the event timers and the processing-time
 * timers. Keys stand in any order. Numbers are written column-wise, as they lie in memory: keys that are all numbers, number
 * states, expiries, timers. In version 1, which is still read, every value stood by itself.
 */
export const formatVersion = 2;

/** The kinds of state by their numbers in the format, which never change. */
export const kindNumbers: readonly StateKind[] = ['value', 'list', 'map', 'reducing', 'aggregating'];

/**
 * What is said of a state: its values are doubles; they, or the entries of its maps, have an expiry each; they are of a version above
 * 1, which follows.
 */
export const Flag = { numeric: 1, expires: 2, versioned: 4 } as const;

/** Who has a state: a bit a key, or all. */
export const Presence = { bits: 0, all: 1 } as const;
