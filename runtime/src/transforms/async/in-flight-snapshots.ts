import type { KeyedSnapshot, KeyGroupPiece, SnapshotRequest } from '../../checkpoint/snapshot-unit.ts';
import { encodeInFlight, type InFlightRecord } from './in-flight-codec.ts';

/**
 * Snapshots of records in flight. They are few and soon others, so a key group is always said whole; it is left out where nothing is in
 * flight and nothing was at the checkpoint before. Records are never changed: they are encoded when it is their turn.
 */
export class InFlightSnapshots {
  /** By checkpoint that has completed or may: the key groups that had records. */
  private readonly heldAt: Map<number, ReadonlyMap<number, unknown>> = new Map();

  begin(request: SnapshotRequest, records: readonly InFlightRecord[]): KeyedSnapshot {
    const byGroup = Map.groupBy(records, ({ keyGroup }) => keyGroup);
    const mayHold = (keyGroup: number): boolean => {
      const since = request.since(keyGroup);
      return since === undefined || this.heldAt.get(since)?.has(keyGroup) !== false;
    };
    const left = request.keyGroups.filter((keyGroup) => byGroup.has(keyGroup) || mayHold(keyGroup)).reverse();
    this.heldAt.set(request.checkpointId, byGroup);
    return {
      next: (): KeyGroupPiece | undefined => {
        const keyGroup = left.pop();
        if (keyGroup === undefined) return undefined;
        const held = byGroup.get(keyGroup);
        return { keyGroup, mode: 'whole', bytes: held ? encodeInFlight(held) : new Uint8Array(0) };
      },
      release: () => {
        left.length = 0;
      },
    };
  }

  ended(checkpointId: number, completed: boolean): void {
    if (!completed) this.heldAt.delete(checkpointId);
    else for (const id of this.heldAt.keys()) if (id < checkpointId) this.heldAt.delete(id);
  }
}
