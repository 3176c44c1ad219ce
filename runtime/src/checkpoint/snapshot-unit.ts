/**
 * A piece of a key group of one transform. A key group is one `whole` piece, which replaces all that is known of it (empty
 * bytes = nothing is there), and any number of `changes` behind it, each for the processor's `applyKeyGroup`: the rest of a
 * large key group, or what was written since an earlier checkpoint.
 */
export interface KeyGroupPiece {
  readonly keyGroup: number;
  readonly mode: 'whole' | 'changes';
  readonly bytes: Uint8Array;
}

/** A piece of a key group, and the transform that it belongs to. */
export interface KeyGroupUnit extends KeyGroupPiece {
  readonly kind: 'keyGroup';
  readonly uid: string;
}

/** One state of one subtask that belongs to no key. */
export interface SubtaskUnit {
  readonly kind: 'list' | 'union' | 'broadcast';
  readonly uid: string;
  readonly state: string;
  readonly subtask: number;
  /** As in `SubtaskStateSnapshot`. */
  readonly items: readonly Uint8Array[];
}

/** What a checkpoint consists of: units are written by one slot and may be read by others. */
export type SnapshotUnit = KeyGroupUnit | SubtaskUnit;

/** What a snapshot of keyed state must hold. */
export interface SnapshotRequest {
  readonly checkpointId: number;
  /**
   * The checkpoint whose contents are durable for this key group, so that what was written after it is enough; undefined = all of it
   * is wanted.
   */
  since(keyGroup: number): number | undefined;
}

/**
 * What a barrier froze of a transform's keyed state. It is encoded piece by piece while the transform goes on: a write first saves
 * what the snapshot has not read yet.
 */
export interface KeyedSnapshot {
  /** The next piece, a few hundred KiB at most; undefined = all is written, and nothing is held any more. */
  next(): KeyGroupPiece | undefined;
  /** Gives up the rest, when the checkpoint was aborted. Harmless after the end. */
  release(): void;
}
