import type { StateObjectRef } from '../checkpoint/manifest.ts';
import type { SlotSnapshot } from '../checkpoint/slot-snapshot.ts';
import type { KeyGroupUnit } from '../checkpoint/snapshot-unit.ts';

/** By transform and key group: the checkpoints that hold its pieces, that with the whole one first. */
type Pieces = Map<string, readonly number[]>;

const nameOf = (uid: string, keyGroup: number): string => `${keyGroup} ${uid}`;

/**
 * Which objects of earlier checkpoints a slot's state still consists of: what has not been written since is in them, and a
 * manifest must name them. A checkpoint that comes to nothing changes nothing.
 */
export class LiveObjects {
  private completed: Pieces = new Map();
  private pending: { readonly checkpointId: number; readonly pieces: Pieces } | undefined;
  private newestId = 0;
  /** Of completed checkpoints, and of the one under way. */
  private readonly objects = new Map<number, readonly StateObjectRef[]>();

  /** A piece goes into the checkpoint under way. */
  add(checkpointId: number, { uid, keyGroup, mode }: KeyGroupUnit): void {
    this.newestId = Math.max(this.newestId, checkpointId);
    if (this.pending?.checkpointId !== checkpointId) this.pending = { checkpointId, pieces: new Map() };
    const { pieces } = this.pending;
    const name = nameOf(uid, keyGroup);
    const before = pieces.get(name) ?? this.completed.get(name) ?? [];
    if (mode === 'whole') pieces.set(name, [checkpointId]);
    else if (before.at(-1) !== checkpointId) pieces.set(name, [...before, checkpointId]);
  }

  /**
   * All objects that the state of this checkpoint is in, by checkpoint; `objects` are its own, durable by now. Those of a checkpoint that
   * came to nothing may be durable only when the next is under way: that one must not hear of it.
   */
  needed(
    { checkpointId, keyed }: SlotSnapshot,
    objects: readonly StateObjectRef[],
  ): readonly StateObjectRef[] {
    if (checkpointId < this.newestId) return objects;
    const written =
      this.pending?.checkpointId === checkpointId ? this.pending.pieces : new Map<string, number[]>();
    const pieces: Pieces = new Map();
    for (const { uid, keyGroups } of keyed) {
      for (const keyGroup of keyGroups) {
        const name = nameOf(uid, keyGroup);
        const known = written.get(name) ?? this.completed.get(name);
        if (known !== undefined) pieces.set(name, known);
      }
    }
    this.pending = { checkpointId, pieces };
    this.objects.set(checkpointId, objects);
    const ids = new Set([checkpointId, ...[...pieces.values()].flat()]);
    return [...ids].sort((one, other) => one - other).flatMap((id) => this.objects.get(id) ?? []);
  }

  ended(checkpointId: number, completed: boolean): void {
    if (this.pending?.checkpointId !== checkpointId) return;
    if (completed) this.completed = this.pending.pieces;
    this.pending = undefined;
    const live = new Set([...this.completed.values()].flat());
    for (const id of this.objects.keys()) if (!live.has(id)) this.objects.delete(id);
  }
}
