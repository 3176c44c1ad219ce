import type { SnapshotRequest } from '../checkpoint/snapshot-unit.ts';
import { MillraceError } from '../contract/errors.ts';
import { SnapshotEpochs } from '../state/snapshot-epochs.ts';
import type { GroupPlace } from './tables-snapshot.ts';

/** How much of each key group a snapshot takes. */
export interface TableChanges {
  readonly groups: readonly GroupPlace[];
  /** By key group: rows written after this epoch are wanted; of a group that is not asked for, none. */
  readonly afterEpochs: Int32Array;
}

/** No row is written after this. */
const never = 0x7fff_ffff;

/**
 * What a transform with tables must know of its checkpoints to say what has changed since one. Its rows stay until their table goes;
 * only a key group that was dropped takes rows with it, and is told whole after that.
 */
export class TableCheckpoints {
  private readonly epochs: SnapshotEpochs = new SnapshotEpochs();
  /** By key group: in which epoch it was last dropped. */
  private readonly droppedIn: Int32Array;
  private isOpen = false;

  constructor(maxParallelism: number) {
    this.droppedIn = new Int32Array(maxParallelism);
  }

  /** A barrier that ends this epoch. One snapshot is open at a time, until `ended`. */
  begin({ checkpointId, keyGroups, since }: SnapshotRequest, epoch: number): TableChanges {
    if (this.isOpen) {
      throw new MillraceError(
        'internal',
        `Checkpoint ${checkpointId} came while the snapshot of an earlier one was being read.`,
        { hint: 'Read the earlier snapshot to its end, or release it, before the next barrier.' },
      );
    }
    this.isOpen = true;
    const afterEpochs = new Int32Array(this.droppedIn.length).fill(never);
    const groups = keyGroups.map((keyGroup) => {
      const known = this.epochs.epochOf(since(keyGroup)) ?? 0;
      const isWhole = known === 0 || known < this.droppedIn[keyGroup]!;
      afterEpochs[keyGroup] = isWhole ? 0 : known;
      return { keyGroup, place: keyGroup, mode: isWhole ? ('whole' as const) : ('changes' as const) };
    });
    this.epochs.begin(checkpointId, epoch);
    return { groups, afterEpochs };
  }

  ended(): void {
    this.isOpen = false;
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.epochs.end(checkpointId, completed);
  }

  /** A key group went, in this epoch. */
  dropped(keyGroup: number, epoch: number): void {
    this.droppedIn[keyGroup] = epoch;
  }
}
