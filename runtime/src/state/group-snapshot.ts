import type { FrozenRows } from './frozen-rows.ts';
import { FrozenTimers } from './frozen-timers.ts';
import type { KeyGroup, Tombstone } from './key-group.ts';
import { type RowSelection, writeRows } from './key-group-writer.ts';
import type { KeyGroupPiece } from './keyed-snapshot.ts';
import type { MemoryAccount } from './memory-account.ts';
import type { PieceMaking } from './piece-making.ts';
import type { StateRegistry } from './state-registry.ts';
import type { TimerHeap } from './timer-heap.ts';
import { TimersByRow } from './timers-by-row.ts';

/** What of a key group a snapshot takes. */
interface GroupCut {
  readonly mode: KeyGroupPiece['mode'];
  readonly afterEpoch: number;
  readonly epoch: number;
}

/**
 * One key group as a barrier found it. Its timers are read first and at once; then the rows that lie in the group, then those that
 * had to be saved. The group itself may be dropped meanwhile: what is frozen stays.
 */
export class GroupSnapshot {
  private mode: KeyGroupPiece['mode'];
  private readonly group: KeyGroup;
  private readonly registry: StateRegistry;
  private readonly frozen: FrozenRows;
  private readonly heaps: readonly (TimerHeap | undefined)[];
  private timers: readonly TimersByRow[] | undefined;
  /** Those of a group only grow: what was removed later has a later epoch. */
  private readonly tombstones: readonly Tombstone[] | undefined;
  private savedRead = 0;

  constructor(
    group: KeyGroup,
    heaps: readonly (TimerHeap | undefined)[],
    registry: StateRegistry,
    cut: GroupCut,
    account: MemoryAccount,
  ) {
    this.group = group;
    this.heaps = heaps;
    this.registry = registry;
    this.mode = cut.mode;
    this.frozen = group.freeze(cut.afterEpoch, cut.epoch, account);
    for (const heap of heaps) if (heap !== undefined) heap.frozen = new FrozenTimers(heap);
    this.tombstones = group.tombstones;
  }

  /** The next piece, undefined at the end. */
  next(making: PieceMaking): KeyGroupPiece | undefined {
    const { mode } = this;
    const isFirst = this.timers === undefined;
    const removedKeys = isFirst && mode === 'changes' ? this.removedKeys() : [];
    const timers = this.readTimers();
    const selection = this.nextRows(making.rows);
    const { length } = selection.rows;
    if (length === 0 && removedKeys.length === 0 && mode === 'changes') return undefined;
    this.mode = 'changes';
    if (length === 0 && removedKeys.length === 0) return emptyGroup(this.group.number);
    const bytes = writeRows(selection, removedKeys, this.registry, timers, making.writer);
    making.note(length, bytes.length);
    return { keyGroup: this.group.number, mode, bytes };
  }

  /** Nothing is held any more. */
  release(): void {
    this.group.thaw();
    for (const heap of this.heaps) if (heap !== undefined) heap.frozen = undefined;
  }

  private removedKeys(): unknown[] {
    const { frozen, tombstones = [] } = this;
    return tombstones.filter(({ epoch }) => frozen.wants(epoch)).map(({ key }) => key);
  }

  private readTimers(): readonly TimersByRow[] {
    this.timers ??= this.heaps.map((heap) => {
      const timers = new TimersByRow(heap?.frozen);
      if (heap !== undefined) heap.frozen = undefined;
      return timers;
    });
    return this.timers;
  }

  private nextRows(limit: number): RowSelection {
    const { group, frozen } = this;
    const target = new Int32Array(limit);
    const count = frozen.readRows === Infinity ? 0 : group.readFrozen(frozen, target);
    if (count === 0) return this.nextSaved(limit);
    const rows = target.subarray(0, count);
    return { keys: group.index.valuesAt(rows), rows, columns: group.columns, cells: rows };
  }

  private nextSaved(limit: number): RowSelection {
    const { group, frozen, savedRead } = this;
    const rows = Int32Array.from(frozen.rows.slice(savedRead, savedRead + limit));
    this.savedRead += rows.length;
    const keys = Array.from(rows, (row) => {
      const released = frozen.releasedKey(row);
      return released === undefined ? group.index.keyAt(row) : released.key;
    });
    return { keys, rows, columns: frozen.columns, cells: rows.map((_, i) => savedRead + i) };
  }
}

/** What stands for a key group in which nothing is. */
export const emptyGroup = (keyGroup: number): KeyGroupPiece => ({
  keyGroup,
  mode: 'whole',
  bytes: new Uint8Array(0),
});

/** A key group in one piece: what was written after an epoch; undefined when that is nothing and no key was removed. */
export const writeGroup = (
  group: KeyGroup,
  heaps: readonly (TimerHeap | undefined)[],
  registry: StateRegistry,
  afterEpoch: number,
  removedKeys: readonly unknown[],
): Uint8Array | undefined => {
  const found: number[] = [];
  for (let row = group.nextDirtyRow(-1, afterEpoch); row >= 0; row = group.nextDirtyRow(row, afterEpoch)) {
    found.push(row);
  }
  if (found.length === 0 && removedKeys.length === 0) return undefined;
  const rows = Int32Array.from(found);
  const keys = group.index.valuesAt(rows);
  const timers = heaps.map((heap) => new TimersByRow(heap));
  return writeRows({ keys, rows, columns: group.columns, cells: rows }, removedKeys, registry, timers);
};
