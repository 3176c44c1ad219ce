/**
 * `state` holds what transforms remember. Keyed state belongs to a key and lives in its *key group*, the unit in which
 * state moves between slots. Within a group a *key index* gives each key a small dense number, its *row*; every registered
 * state is a *column* over the rows, and a *timer* points at a row. State without a key belongs to a subtask
 * (subtask-state.ts). Nothing here waits, reads a clock or knows of channels.
 */

/**
 * The key group of a key, from the key's hash (an unsigned 32-bit number). Groups are ranges of the hash: its upper bits
 * choose the group, so the lower ones stay free for the tables inside, and order by hash is order by group.
 */
export const keyGroupOf = (hash: number, maxParallelism: number): number =>
  Math.floor(((hash >>> 0) * maxParallelism) / 0x1_0000_0000);

/** The first and the last key group of a slot, both included. `last < first` = none, when there are more slots than groups. */
export interface KeyGroupRange {
  readonly first: number;
  readonly last: number;
}

/** Contiguous ranges that cover all groups and differ in size by one at most. */
export const keyGroupRange = (slot: number, parallelism: number, maxParallelism: number): KeyGroupRange => ({
  first: Math.ceil((slot * maxParallelism) / parallelism),
  last: Math.ceil(((slot + 1) * maxParallelism) / parallelism) - 1,
});
