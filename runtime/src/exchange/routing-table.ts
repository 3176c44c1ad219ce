import { keyGroupRange } from '../state/key-groups.ts';

/** Which slot owns each key group: a versioned value that a barrier carries, never a constant of a subtask. */
export interface RoutingTable {
  readonly version: number;
  /** Slot by key group. */
  readonly slotOf: Uint16Array;
}

/** Contiguous ranges of equal size, version 1. */
export const initialRouting = (parallelism: number, maxParallelism: number): RoutingTable => {
  const slotOf = new Uint16Array(maxParallelism);
  for (let slot = 0; slot < parallelism; slot++) {
    const { first, last } = keyGroupRange(slot, parallelism, maxParallelism);
    slotOf.fill(slot, first, last + 1);
  }
  return { version: 1, slotOf };
};

/** The next version, with these key groups owned by another slot. */
export const moveKeyGroups = (
  table: RoutingTable,
  keyGroups: readonly number[],
  toSlot: number,
): RoutingTable => {
  const slotOf = table.slotOf.slice();
  for (const keyGroup of keyGroups) slotOf[keyGroup] = toSlot;
  return { version: table.version + 1, slotOf };
};
